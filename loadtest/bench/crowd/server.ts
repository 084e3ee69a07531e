import { fileURLToPath } from "node:url";
import type { Cleanup } from "../../cluster/cleanup.js";
import { cpuSeconds } from "../../cluster/cpu-time.js";
import type { Member } from "../../cluster/member.js";
import { scrape } from "../../cluster/metrics.js";
import { askChild, startProgram } from "../ask-child.js";
import type { Place } from "./crowd.js";

const BARE_SERVER = fileURLToPath(new URL("./bare-server.js", import.meta.url));
const ANSWER_MS = 30_000;

/** What a process has cost since it started. */
export interface Cost {
  readonly residentBytes: number;
  readonly cpuSeconds: number;
  /** Answered. */
  readonly keepAlives: number;
}

/** Something that a crowd can be at. */
export interface Server extends Place {
  cost(): Promise<Cost>;
}

export const gatewayServer = (member: Member, token: string): Server => ({
  url: member.url,
  token,
  cost: () => costOf(member),
});

/** What a master or proxy says of itself. */
export async function costOf({ url, child }: Member): Promise<Cost> {
  const metrics = await scrape(url);
  const seconds = await cpuSeconds(child.pid, metrics);
  const residentBytes = metrics.sum("process_resident_memory_bytes");
  if (seconds === undefined || residentBytes === undefined)
    throw new Error(`${child.name} does not tell its memory and CPU time.`);
  const keepAlives = metrics.by("octofleet_gateway_requests_total", "operation").get("keepalive") ?? 0;
  return { residentBytes, cpuSeconds: seconds, keepAlives };
}

/** See `bare-server.ts`. */
export async function bareServer(cleanup: Cleanup): Promise<Server> {
  const child = await startProgram("floor", BARE_SERVER);
  cleanup.add(() => child.kill());
  const { port } = await askChild<{ port: number }>(child, "listen", ANSWER_MS);
  return { url: `http://127.0.0.1:${port}`, token: null, cost: () => askChild<Cost>(child, "cost", ANSWER_MS) };
}
