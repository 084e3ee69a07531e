import { timesOf } from "../write/times.js";
import type { Cannon } from "./shot.js";

/** What came back to all that a process plays. */
export interface Tally {
  sent: number;
  answered: number;
  refused: number;
  /** Sockets that the other side closed. */
  lost: number;
  /** How long each answer took. */
  ms: number[];
}

export type ToGenerator<Open> =
  | { readonly do: "open"; readonly of: Open }
  | { readonly do: "run"; readonly forMs: number };

/** Something that asks until the time is over, and resolves when all is answered, or its socket lost. */
export interface Player {
  play(untilMs: number): Promise<void>;
}

/** Makes this process one that generates load (see `generator.ts`): opens players, and lets all of them play. */
export function generate<Open>(open: (of: Open, tally: Tally) => Promise<readonly Player[]>): void {
  const tally: Tally = { sent: 0, answered: 0, refused: 0, lost: 0, ms: [] };
  let players: readonly Player[] = [];
  const obey = async (message: ToGenerator<Open>): Promise<Cannon | object> => {
    if (message.do === "run") return run(players, tally, message.forMs);
    players = await open(message.of, tally);
    return {};
  };
  process.on("disconnect", () => process.exit());
  process.on("message", (message: ToGenerator<Open>) => {
    obey(message).then(
      (answer) => process.send?.(answer),
      (error: unknown) => process.send?.({ failure: String(error) }),
    );
  });
}

async function run(players: readonly Player[], tally: Tally, forMs: number): Promise<Cannon> {
  Object.assign(tally, { sent: 0, answered: 0, refused: 0, ms: [] });
  const beganMs = performance.now();
  await Promise.all(players.map((player) => player.play(beganMs + forMs)));
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
