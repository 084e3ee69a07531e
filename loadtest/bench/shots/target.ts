import { fileURLToPath } from "node:url";
import type { Cleanup } from "../../cluster/cleanup.js";
import { cpuSeconds } from "../../cluster/cpu-time.js";
import type { Member } from "../../cluster/member.js";
import { scrape } from "../../cluster/metrics.js";
import { askChild, startProgram } from "../ask-child.js";

const HTTP_FLOOR = fileURLToPath(new URL("./http-floor.js", import.meta.url));
const ANSWER_MS = 10_000;

/** What a target says of itself. */
export interface Served {
  /** Requests answered as they should be. */
  readonly good: number;
  /** All requests for what the bench asks for. */
  readonly all: number;
  readonly cpuSeconds: number;
}

/** Something to shoot at. */
export interface Target {
  readonly name: string;
  /** What was not so of those that are no good. */
  readonly wanted: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  served(): Promise<Served>;
}

export const A_HIT = "a cache hit";

/** A cached read at a proxy. */
export const proxyTarget = (proxy: Member, path: string, headers: Target["headers"]): Target => ({
  name: "proxy",
  wanted: A_HIT,
  url: `${proxy.url}${path}`,
  headers,
  served: () => readsAt(proxy),
});

/** Reads of locks at a proxy, by whatever door; good are those answered from the cache. */
export async function readsAt(proxy: Member): Promise<Served> {
  const metrics = await scrape(proxy.url);
  const seconds = await cpuSeconds(proxy.child.pid, metrics);
  if (seconds === undefined) throw new Error("neither the proxy nor this system tells its CPU time.");
  return {
    good: metrics.by("octofleet_cache_answers_total", "source").get("hit") ?? 0,
    all: metrics.by("octofleet_gateway_requests_total", "operation").get("status") ?? 0,
    cpuSeconds: seconds,
  };
}

/** The floor program (see `http-floor.ts`), sending the same body. */
export async function httpFloor(cleanup: Cleanup, path: string, body: string, type: string): Promise<Target> {
  const { url, served } = await startFloor(cleanup, HTTP_FLOOR, { body, type });
  return { name: "floor", wanted: "an answer", url: `${url}${path}`, headers: {}, served };
}

/** Starts a floor program, which is sent what it is to answer, tells its port, and later, for `null`, its counts. */
export async function startFloor(
  cleanup: Cleanup,
  program: string,
  answer: object,
): Promise<Pick<Target, "url" | "served">> {
  const child = await startProgram("floor", program);
  cleanup.add(() => child.stop());
  const { port } = await askChild<{ port: number }>(child, answer, ANSWER_MS);
  return {
    url: `http://127.0.0.1:${port}`,
    async served() {
      type Counts = { readonly served: number; readonly cpuSeconds: number };
      const counts = await askChild<Counts>(child, null, ANSWER_MS);
      return { good: counts.served, all: counts.served, cpuSeconds: counts.cpuSeconds };
    },
  };
}
