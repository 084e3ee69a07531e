import { realClock } from "../../client/adapters/clock.js";
import { fetchHttp } from "../../client/adapters/http.js";
import { realRandom } from "../../client/adapters/random.js";
import type { Clock } from "../../shared/ports/clock.js";
import type { Mutable } from "../check/mutable.js";
import { Records } from "../check/records.js";
import { Dice } from "../clients/dice.js";
import { App } from "../sim/sessions/app.js";
import { SessionTap } from "../sim/sessions/session-tap.js";
import type { AppSpec, FromLibrary, Jeopardy, LibraryPlan, ToLibrary } from "./library-messages.js";
import { runClock } from "./run-clock.js";
import { sessionMoves } from "./session-moves.js";
import { type Tap, TappedDialer } from "./tapped-dialer.js";

/** How often it is asked whether a lock is held. */
const LOOK_EVERY_MS = 5;
const REST_MS = { min: 20, max: 150 };
const SETTLE_LOOK_MS = 50;

/** A program that uses the client library, and whoever listens in. */
interface Played {
  readonly name: string;
  readonly app: App;
  readonly tap: SessionTap;
  readonly dialer: TappedDialer;
  readonly dice: Dice;
}

/**
 * A process of its own whose programs use the client library as it is, and that writes down what they are told. It is
 * told what to do by its parent, and ends with it.
 */
class LibraryPlayer {
  readonly #plan: LibraryPlan;
  readonly #clock: Clock;
  readonly #records: Records;
  readonly #played: readonly Played[];
  readonly #heard: Record<string, number> = {};
  readonly #jeopardies: Jeopardy[] = [];
  readonly #inJeopardy = new Map<string, Mutable<Jeopardy>>();
  #isOver = false;

  constructor(plan: LibraryPlan) {
    this.#plan = plan;
    this.#clock = runClock(plan.begunNs);
    this.#records = new Records(this.#clock, false);
    this.#played = plan.apps.map((spec) => this.#make(spec));
    setInterval(() => this.#look(), LOOK_EVERY_MS);
    for (const each of this.#played) void this.#play(each);
  }

  async finish(): Promise<void> {
    this.#isOver = true;
  }

  /** Whoever has a session comes to be safe. */
  async settle(): Promise<void> {
    const isSafe = ({ app }: Played): boolean => app.session === undefined || app.session.state === "safe";
    while (!this.#played.every(isSafe)) await this.#pause(SETTLE_LOOK_MS);
  }

  /** From this turn on nothing is said and nothing heard. */
  die(): FromLibrary {
    this.#look();
    for (const { dialer, tap, app } of this.#played) {
      dialer.mute();
      tap.died();
      for (const watch of app.watches) watch.isOpen = false;
      app.forget();
    }
    this.#isOver = true;
    return this.report();
  }

  report(): FromLibrary {
    this.#look();
    return {
      is: "reported",
      evidence: this.#records.evidence(),
      jeopardies: this.#jeopardies,
      heard: this.#heard,
    };
  }

  #make({ name, user }: AppSpec): Played {
    const { tokens, proxies, seed } = this.#plan;
    const doors = new Map(Object.entries(proxies).map(([door, url]) => [new URL(url).host, door]));
    const [clock, records] = [this.#clock, this.#records];
    const tap = new SessionTap({ clock, records, client: name, user });
    const dialer = new TappedDialer((url) => {
      const door = doors.get(new URL(url).host) ?? url;
      return this.#counting(tap.socket(door, () => door));
    });
    const platform = { clock: realClock, random: realRandom, dialer, http: fetchHttp };
    const token = tokens[user] as string;
    const app = new App({ clock, platform, records, name, proxies: Object.values(proxies), token });
    return { name, app, tap, dialer, dice: new Dice(`${seed}/${name}`) };
  }

  #counting(tap: Tap): Tap {
    return {
      sent: (text) => tap.sent(text),
      got: (text) => {
        const [, type = ""] = /"type":"(\w+)"/.exec(text) ?? [];
        this.#heard[type] = (this.#heard[type] ?? 0) + 1;
        tap.got(text);
      },
    };
  }

  async #play({ app, dice }: Played): Promise<void> {
    while (!this.#isOver) {
      for (const action of sessionMoves(dice, this.#plan.locks)) app.do(action);
      await this.#pause(REST_MS.min + dice.int(REST_MS.max - REST_MS.min));
    }
  }

  /** Asks what is held, and who is in jeopardy, at this instant. */
  #look(): void {
    this.#records.ofSessions.look();
    const nowMs = this.#clock.monotonicMs();
    for (const { name: client, app } of this.#played) {
      const known = this.#inJeopardy.get(client);
      if (app.session?.state !== "jeopardy") this.#inJeopardy.delete(client);
      else if (known !== undefined) known.untilMs = nowMs;
      else this.#begin({ client, fromMs: nowMs, untilMs: nowMs });
    }
  }

  #begin(jeopardy: Mutable<Jeopardy>): void {
    this.#inJeopardy.set(jeopardy.client, jeopardy);
    this.#jeopardies.push(jeopardy);
  }

  #pause(forMs: number): Promise<void> {
    return new Promise((resolve) => void realClock.after(forMs, resolve));
  }
}

let player: LibraryPlayer | undefined;

async function obey(message: ToLibrary): Promise<FromLibrary> {
  if (message.do === "play") {
    player = new LibraryPlayer(message.plan);
    return { is: "playing" };
  }
  if (player === undefined) throw new Error("there is nothing to play yet");
  switch (message.do) {
    case "finish":
      await player.finish();
      return { is: "finished" };
    case "settle":
      await player.settle();
      return { is: "settled" };
    case "die":
      return player.die();
    case "report":
      return player.report();
  }
}

process.on("disconnect", () => process.exit());
process.on("message", (message: ToLibrary) => {
  const failed = (error: unknown): FromLibrary => ({ is: "failed", reason: String(error) });
  void obey(message)
    .catch(failed)
    .then((answer) => process.send?.(answer));
});
