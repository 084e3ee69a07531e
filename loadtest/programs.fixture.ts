import { spawn } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** A program as it is run by people: from `dist/`. */
export const program = (name: string): string => fileURLToPath(new URL(`../dist/loadtest/${name}`, import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where programs are run: what they leave behind can be seen. */
export class Workplace {
  readonly directory: string;
  readonly #temporary: string;

  private constructor(directory: string, temporary: string) {
    this.directory = directory;
    this.#temporary = temporary;
  }

  static async make(): Promise<Workplace> {
    const directory = await mkdtemp(join(tmpdir(), "octofleet-programs-"));
    return new Workplace(directory, await mkdtemp(join(directory, "tmp-")));
  }

  /** Runs a program to its end; `onStderr` sees what it has said so far and may send it a signal. */
  run(
    args: readonly string[],
    onStderr: (text: string, kill: (signal: NodeJS.Signals) => void) => void = () => {},
  ): Promise<Ended> {
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, args, { env: { ...process.env, TMPDIR: this.#temporary } });
      const said = { stdout: "", stderr: "" };
      child.stdout.on("data", (data) => {
        said.stdout += String(data);
      });
      child.stderr.on("data", (data) => {
        said.stderr += String(data);
        onStderr(said.stderr, (signal) => child.kill(signal));
      });
      child.once("error", reject);
      child.once("close", (code) => resolve({ code, ...said }));
    });
  }

  /** What the programs put where temporary things go, and did not take away. */
  leftBehind(): Promise<string[]> {
    return readdir(this.#temporary);
  }

  remove(): Promise<void> {
    return rm(this.directory, { recursive: true, force: true });
  }
}
