import { fileURLToPath } from "node:url";
import type { Cleanup } from "../../cluster/cleanup.js";
import { cpuSeconds } from "../../cluster/cpu-time.js";
import type { Member } from "../../cluster/member.js";
import { scrape } from "../../cluster/metrics.js";
import { askChild, startProgram } from "../ask-child.js";

const FLOOR = fileURLToPath(new URL("./floor.js", import.meta.url));
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
  readonly name: "proxy" | "floor";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  served(): Promise<Served>;
}

/** A cached read at a proxy; good are those answered from the cache. */
export function proxyTarget(proxy: Member, path: string, headers: Readonly<Record<string, string>>): Target {
  return {
    name: "proxy",
    url: `${proxy.url}${path}`,
    headers,
    async served() {
      const metrics = await scrape(proxy.url);
      const seconds = await cpuSeconds(proxy.child.pid, metrics);
      if (seconds === undefined) throw new Error("neither the proxy nor this system tells its CPU time.");
      return {
        good: metrics.by("octofleet_cache_answers_total", "source").get("hit") ?? 0,
        all: metrics.by("octofleet_gateway_requests_total", "operation").get("status") ?? 0,
        cpuSeconds: seconds,
      };
    },
  };
}

/** The floor program (see `floor.ts`), sending the same body. */
export async function floorTarget(cleanup: Cleanup, path: string, body: string, type: string): Promise<Target> {
  const child = await startProgram("floor", FLOOR);
  cleanup.add(() => child.stop());
  const { port } = await askChild<{ port: number }>(child, { body, type }, ANSWER_MS);
  return {
    name: "floor",
    url: `http://127.0.0.1:${port}${path}`,
    headers: {},
    async served() {
      const { served, cpuSeconds: seconds } = await askChild<{ served: number; cpuSeconds: number }>(
        child,
        null,
        ANSWER_MS,
      );
      return { good: served, all: served, cpuSeconds: seconds };
    },
  };
}
