import { fileURLToPath } from "node:url";
import { startChild } from "../cluster/child.js";
import type { Cleanup } from "../cluster/cleanup.js";
import { ask } from "./asking.js";
import { PLAYERS, PROXIES } from "./plan.js";
import type { ClientSpec, FromPlayer, PlayerPlan, PlayerReport, RoamerSpec, ToPlayer } from "./player-messages.js";

const PROGRAM = fileURLToPath(new URL("./player.js", import.meta.url));

export const WRITERS = ["w1", "w2", "w3", "w4"] as const;
/** Whose token is never revoked. */
export const KEEPER = "keeper";

/** Who plays in which process. A user writes through one client only. */
const CAST: Readonly<Record<string, readonly ClientSpec[]>> = {
  a: [
    { name: "w1", kind: "writer", user: "w1", door: "p1" },
    { name: "w2", kind: "writer", user: "w2", door: "p3" },
    { name: "r1", kind: "reader", user: "w3", door: "p1" },
    { name: "r2", kind: "reader", user: "w1", door: "p2" },
    { name: "r3", kind: "reader", user: "w2", door: "p3" },
    { name: "prober", kind: "prober", user: KEEPER, door: "master" },
  ],
  b: [
    { name: "w3", kind: "writer", user: "w3", door: "p2" },
    { name: "w4", kind: "writer", user: "w4", door: "master" },
    { name: "r4", kind: "reader", user: "w4", door: "p1" },
    { name: "r5", kind: "reader", user: "w1", door: "p2" },
    { name: "r6", kind: "reader", user: "w2", door: "p3" },
    ...PROXIES.map((door) => ({ name: `sentinel-${door}`, kind: "sentinel" as const, user: KEEPER, door })),
  ],
};

const ROAMERS: Readonly<Record<string, readonly RoamerSpec[]>> = {
  a: [{ name: "h1", user: "hal" }],
  b: [{ name: "h2", user: "hal" }],
};
export const ROAMING_USER = "hal";

const USERS = new Map(Object.values(CAST).flatMap((clients) => clients.map(({ name, user }) => [name, user] as const)));
export const userOf = (client: string): string => USERS.get(client) ?? client;

/** Clients, played by processes of their own. */
export interface Players {
  /** Resolves when everything that was begun is answered; nothing more is begun. */
  finish(): Promise<unknown>;
  /** Resolves when every lock was read at every door. */
  look(): Promise<unknown>;
  /** What was asked and told, process by process. */
  report(): Promise<readonly PlayerReport[]>;
}

/** Starts the processes, which play from then on. */
export async function startPlayers(
  cleanup: Cleanup,
  planFor: (player: string) => Omit<PlayerPlan, "clients" | "roamers">,
): Promise<Players> {
  const children = await Promise.all(
    PLAYERS.map(async (player) => {
      const child = await startChild(`clients-${player}`, process.execPath, [PROGRAM], {
        ipc: true,
        serialization: "advanced",
      });
      cleanup.add(() => child.kill());
      const plan = { ...planFor(player), clients: CAST[player] ?? [], roamers: ROAMERS[player] ?? [] };
      const play: ToPlayer = { do: "play", plan };
      await ask<FromPlayer, "playing">(child, play, "playing");
      return child;
    }),
  );
  const all = <Is extends FromPlayer["is"]>(message: ToPlayer, answer: Is) =>
    Promise.all(children.map((child) => ask<FromPlayer, Is>(child, message, answer)));
  return {
    finish: () => all({ do: "finish" }, "finished"),
    look: () => all({ do: "look" }, "looked"),
    report: () => all({ do: "report" }, "reported"),
  };
}
