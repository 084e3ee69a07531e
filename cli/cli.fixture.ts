import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));
const LIMIT_MS = 20_000;

/** The environment of this process without any setting of ours, and with what is given. */
function environmentWith(extra: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("OCTOFLEET_"));
  return { ...Object.fromEntries(inherited), ...extra };
}

/** A running `octofleet` process, as built. */
export class OctofleetProcess {
  stdout = "";
  stderr = "";
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
  readonly #child: ChildProcess;
  #wake: () => void = () => {};

  constructor(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
    const stdio: ["ignore", "pipe", "pipe"] = ["ignore", "pipe", "pipe"];
    const child = spawn(process.execPath, [MAIN, ...args], { env: environmentWith(environment), stdio });
    this.#child = child;
    child.stdout.on("data", (text) => this.#heard("stdout", text));
    child.stderr.on("data", (text) => this.#heard("stderr", text));
    this.ended = once(child, "close").then(([code, signal]) => {
      this.#wake();
      return code ?? signal;
    });
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Waits until stdout has it; rejects with all that was heard if it ends before, or says nothing for long. */
  async said(pattern: RegExp): Promise<RegExpExecArray> {
    const limit = AbortSignal.timeout(LIMIT_MS);
    limit.addEventListener("abort", () => this.#wake());
    for (;;) {
      const match = pattern.exec(this.stdout);
      if (match) return match;
      if (!this.isRunning || limit.aborted) {
        throw new Error(`never said ${pattern}\n--- stdout\n${this.stdout}\n--- stderr\n${this.stderr}`);
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #heard(where: "stdout" | "stderr", text: Buffer): void {
    this[where] += text.toString();
    this.#wake();
  }
}

/** The processes of a test, none of which outlives it. */
export class Processes {
  readonly #all: OctofleetProcess[] = [];

  start(args: readonly string[], environment?: Readonly<Record<string, string>>): OctofleetProcess {
    const started = new OctofleetProcess(args, environment);
    this.#all.push(started);
    return started;
  }

  /** Runs one to its end. */
  async run(args: readonly string[], environment?: Readonly<Record<string, string>>) {
    const started = this.start(args, environment);
    const code = await started.ended;
    return { code, stdout: started.stdout, stderr: started.stderr };
  }

  async endAll(): Promise<void> {
    for (const one of this.#all) if (one.isRunning) one.signal("SIGKILL");
    await Promise.all(this.#all.map((one) => one.ended));
  }
}

/** A curl line as a request: knows no more of curl than the lines that we print. */
export function requestOfCurl(line: string): { url: string; method: string; headers: Headers; body: string | null } {
  const words = [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c ?? "");
  const after = (flag: string): string[] => words.filter((_, i) => words[i - 1] === flag);
  return {
    url: words.find((word) => word.startsWith("http")) as string,
    method: after("-X")[0] ?? "GET",
    headers: new Headers(after("-H").map((header) => header.split(": ", 2) as [string, string])),
    body: after("-d")[0] ?? null,
  };
}

/** Sends what a curl line would. */
export async function sendCurl(
  line: string,
): Promise<{ status: number; headers: Headers; body: Record<string, unknown> }> {
  const { url, ...request } = requestOfCurl(line);
  const response = await fetch(url, request);
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Record<string, unknown>,
  };
}
