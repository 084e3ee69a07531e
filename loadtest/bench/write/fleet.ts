import { fileURLToPath } from "node:url";
import type { Entrance } from "../../cluster/cell.js";
import type { Cleanup } from "../../cluster/cleanup.js";
import { eventually } from "../../cluster/within.js";
import { cachedRead } from "../lock.js";
import { Spread } from "./spread.js";

const PROXY_HOST = fileURLToPath(new URL("./proxy-host.js", import.meta.url));
const HELD_MS = 20_000;

/** The proxies of the bench (see `proxy-host.ts`). */
export class Fleet {
  readonly #cleanup: Cleanup;
  readonly #spread: Spread<{ urls: string[] }>;
  readonly #urls: string[] = [];

  constructor(cleanup: Cleanup, entrance: Entrance, processesMax: number) {
    this.#cleanup = cleanup;
    this.#spread = new Spread(cleanup, { name: "proxies", program: PROXY_HOST, message: entrance, processesMax });
  }

  get pids(): readonly number[] {
    return this.#spread.processes.map(({ pid }) => pid);
  }

  async growTo(proxies: number): Promise<void> {
    const added = await this.#spread.growTo(proxies);
    this.#urls.push(...added.flatMap(({ urls }) => urls));
  }

  /** Reads a lock at each proxy until each has it in its cache. */
  async hold(path: string, headers: Readonly<Record<string, string>>): Promise<void> {
    const held = this.#urls.map((url) =>
      eventually(HELD_MS, () => cachedRead(url, path, headers), `the proxy at ${url} did not cache ${path}`),
    );
    await this.whileUp(Promise.all(held));
  }

  /** Stops the first process, as a long pause of its machine would; what it gives lets it go on. */
  pauseOne(): () => void {
    const [first] = this.#spread.processes;
    const resume = (): void => void first?.process.kill("SIGCONT");
    // While it is paused it does not hear that it is to end.
    this.#cleanup.add(async () => resume());
    first?.process.kill("SIGSTOP");
    return resume;
  }

  whileUp<T>(waiting: Promise<T>): Promise<T> {
    return this.#spread.whileUp(waiting);
  }
}
