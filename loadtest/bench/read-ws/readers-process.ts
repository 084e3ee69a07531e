import type { Cannon } from "../shots/shot.js";
import { timesOf } from "../write/times.js";
import type { ReadersOpen, ToReaders } from "./messages.js";
import { Reader, type ReadTally } from "./reader.js";

/** Readers within one process. */
const tally: ReadTally = { sent: 0, answered: 0, refused: 0, lost: 0, ms: [] };
let readers: readonly Reader[] = [];

async function open(of: ReadersOpen): Promise<object> {
  readers = await Promise.all(Array.from({ length: of.connections }, () => Reader.open(of, tally)));
  return {};
}

async function read(forMs: number): Promise<Cannon> {
  Object.assign(tally, { sent: 0, answered: 0, refused: 0, ms: [] });
  const beganMs = performance.now();
  await Promise.all(readers.map((reader) => reader.read(beganMs + forMs)));
  const { p50Ms, p99Ms } = timesOf(tally.ms);
  return {
    duration: (performance.now() - beganMs) / 1_000,
    requests: { total: tally.answered, sent: tally.sent },
    latency: { p50: p50Ms, p99: p99Ms },
    non2xx: tally.refused,
    errors: tally.lost,
    timeouts: 0,
  };
}

process.on("disconnect", () => process.exit());
process.on("message", (message: ToReaders) => {
  (message.do === "open" ? open(message) : read(message.forMs)).then(
    (answer) => process.send?.(answer),
    (error: unknown) => process.send?.({ failure: String(error) }),
  );
});
