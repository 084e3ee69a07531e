import { monitorEventLoopDelay } from "node:perf_hooks";
import { Records } from "../check/records.js";
import { Client } from "../clients/client.js";
import { Dice } from "../clients/dice.js";
import { HttpDoors } from "../clients/http-doors.js";
import { BEHAVIOURS, PROBED_LOCK } from "./behaviours.js";
import type { ClientSpec, FromPlayer, PlayerPlan, ToPlayer } from "./player-messages.js";
import { Roamer } from "./roamer.js";
import { runClock } from "./run-clock.js";

const NS_PER_MS = 1e6;
/** It shall measure how long an answer takes, not when it asked again. */
const PROBER_PATIENCE_MS = { min: 15_000, max: 15_000 };
const ROAMER_REST_MS = 100;

/**
 * A process of its own that plays clients, and writes down what they asked and were told. It is told what to do
 * by its parent, and ends with it.
 */
class Player {
  readonly #plan: PlayerPlan;
  readonly #records: Records;
  readonly #lateness = monitorEventLoopDelay();
  readonly #silences: Record<string, number> = {};
  readonly #clients: readonly (readonly [ClientSpec, Client, Dice])[];
  readonly #roamers: readonly Roamer[];
  readonly #work: Promise<unknown>;
  #isOver = false;

  constructor(plan: PlayerPlan) {
    this.#plan = plan;
    this.#lateness.enable();
    const clock = runClock(plan.begunNs);
    const records = new Records(clock, false);
    this.#records = records;
    const onSilence = (kind: string): void => {
      this.#silences[kind] = (this.#silences[kind] ?? 0) + 1;
    };
    const tokenOf = (user: string): string => plan.tokens[user] as string;
    this.#clients = plan.clients.map((spec) => {
      const { name, user } = spec;
      const dice = new Dice(`${plan.seed}/${name}`);
      const doors = new HttpDoors({ urls: urlsFor(spec, plan), tokenOf, onSilence, random: dice.fork("doors") });
      const random = dice.fork("client");
      const patience = spec.kind === "prober" ? { patienceMs: PROBER_PATIENCE_MS } : {};
      return [spec, new Client({ clock, random, doors, records, name, user, ...patience }), dice] as const;
    });
    this.#roamers = plan.roamers.map(({ name, user }) => {
      const dice = new Dice(`${plan.seed}/${name}`);
      const onBroken = (what: string): void => records.mishap("sessions over HTTP", what);
      return new Roamer({ clock, dice, name, urls: plan.linked, token: tokenOf(user), onBroken });
    });
    this.#work = Promise.all([
      ...this.#clients.map(([spec, client, dice]) => this.#play(spec, client, dice)),
      ...this.#roamers.map((roamer) => this.#roam(roamer)),
    ]);
  }

  async #play({ kind, door }: ClientSpec, client: Client, dice: Dice): Promise<void> {
    const { linked, locks: own, readLocks } = this.#plan;
    const locks = kind === "reader" ? readLocks : own;
    const doors = Object.keys(linked);
    for (let done = 0; !this.#isOver; done++) {
      const { deed, restMs } = BEHAVIOURS[kind]({ dice, door, doors, locks, done });
      await client.do(deed);
      await client.pause(restMs);
    }
  }

  async #roam(roamer: Roamer): Promise<void> {
    while (!this.#isOver) {
      await roamer.round();
      await roamer.pause(ROAMER_REST_MS);
    }
  }

  async finish(): Promise<void> {
    this.#isOver = true;
    await this.#work;
  }

  async look(): Promise<void> {
    const { linked, readLocks: locks } = this.#plan;
    const lookers = this.#clients.filter(([{ kind }]) => kind === "reader");
    await Promise.all(
      Object.keys(linked).map(async (door, index) => {
        const [, client] = lookers[index % lookers.length] as (typeof lookers)[number];
        for (const lock of [...locks, PROBED_LOCK]) await client.readUntilAnswered({ kind: "read", lock, door });
      }),
    );
  }

  report(): FromPlayer {
    const roamed = this.#roamers.map((roamer) => roamer.roamed);
    const lateMs = this.#lateness.max / NS_PER_MS;
    return { is: "reported", evidence: this.#records.evidence(), silences: this.#silences, lateMs, roamed };
  }
}

/** Those who measure go a way that never fails, and to one door only. */
function urlsFor({ kind, door }: ClientSpec, { linked, direct }: PlayerPlan): Readonly<Record<string, string>> {
  const measures = kind === "sentinel" || kind === "prober";
  return measures ? { [door]: direct[door] as string } : linked;
}

let player: Player | undefined;

async function obey(message: ToPlayer): Promise<FromPlayer> {
  if (message.do === "play") {
    player = new Player(message.plan);
    return { is: "playing" };
  }
  if (player === undefined) throw new Error("there is nothing to play yet");
  switch (message.do) {
    case "finish":
      await player.finish();
      return { is: "finished" };
    case "look":
      await player.look();
      return { is: "looked" };
    case "report":
      return player.report();
  }
}

process.on("disconnect", () => process.exit());
process.on("message", (message: ToPlayer) => {
  const failed = (error: unknown): FromPlayer => ({ is: "failed", reason: String(error) });
  void obey(message)
    .catch(failed)
    .then((answer) => process.send?.(answer));
});
