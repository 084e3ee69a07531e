import type { SimClock } from "../../../shared/sim/sim-clock.js";
import type { SimRandom } from "../../../shared/sim/sim-random.js";
import type { Records } from "../../check/records.js";
import type { ClientNetwork } from "../client-network.js";
import type { Door, Host } from "../host.js";
import { Life } from "../life.js";
import type { ClientPlan } from "../plan.js";
import { secretOf } from "../sim-doors.js";
import type { Sockets } from "../sockets/sockets.js";
import { App } from "./app.js";
import { askAtDoor } from "./ask-at-door.js";
import type { SessionStep } from "./session-action.js";
import { SessionTap } from "./session-tap.js";
import { simHttp } from "./sim-http.js";

export interface SessionClientParts {
  readonly clock: SimClock;
  readonly random: SimRandom;
  readonly network: ClientNetwork;
  readonly sockets: Sockets;
  /** The doors of the cell; and the life of the process that serves there. */
  readonly hosts: readonly Host[];
  readonly records: Records;
  readonly plan: ClientPlan;
}

/** The machine of a client of the library. Its program comes and goes as the plan has it. */
export class SessionClient implements Host {
  readonly name: string;
  readonly isOnBus = false;
  readonly #parts: SessionClientParts;
  #lives = 0;
  /** Of processes that died without a word. */
  #watchesLeft = 0;
  #running: { readonly life: Life; readonly app: App; readonly tap: SessionTap } | undefined;

  constructor(parts: SessionClientParts) {
    this.#parts = parts;
    this.name = parts.plan.name;
  }

  get app(): App | undefined {
    return this.#running?.app;
  }

  /** How many watches it may have at gateways: those that it follows, and those of which no gateway can know that it is dead. */
  get watchesMax(): number {
    return this.#watchesLeft + (this.app?.watches ?? []).filter(({ isOpen }) => isOpen).length;
  }

  /** Does the steps, each at its time if the process runs then. */
  run(steps: readonly SessionStep[]): void {
    for (const step of steps) this.#parts.clock.after(step.atMs, () => this.#do(step));
  }

  #do(step: SessionStep): void {
    if (step.kind === "die") {
      this.#die(step.silently);
      return;
    }
    if (step.kind === "end") {
      this.#end(step.door);
      return;
    }
    if (this.#running === undefined && (step.kind === "open" || step.kind === "watch")) this.start();
    const running = this.#running;
    running?.life.enter(() => running.app.do(step));
  }

  /** Another program of the session's owner asks for it. */
  #end(door: string): void {
    const { clock, network, hosts, records, plan } = this.#parts;
    const sessionId = this.#running?.app.session?.id;
    if (sessionId === undefined) return;
    this.#running?.tap.ending(sessionId);
    const ask = askAtDoor({ network, hosts, process: clock.process(`${plan.name}'s owner`), user: plan.user });
    ask(door, (service, caller) => service.sessions.closeAnywhere(caller, sessionId)).then(
      () => records.tell(plan.name, () => `is ended by its owner at ${door}`),
      (error: Error) => records.tell(plan.name, () => `could not be ended by its owner at ${door}: ${error.message}`),
    );
  }

  door(): Door | undefined {
    return undefined;
  }

  start(): void {
    const { clock, random, network, sockets, hosts, records, plan } = this.#parts;
    const name = `${plan.name}-${++this.#lives}`;
    const life = new Life(clock.process(name, { rate: plan.rate }));
    const tap = new SessionTap({ clock, records, client: plan.name, user: plan.user });
    const lifeAt = (door: string): string => {
      const host = hosts.find((each) => each.name === door);
      return host?.door()?.life.clock.name ?? "";
    };
    const platform = {
      clock: life.clock,
      random: random.fork(name),
      dialer: sockets.dialer(plan, life, (door) => tap.socket(door, () => lifeAt(door))),
      http: simHttp(network, hosts, life),
    };
    const proxies = hosts.filter((host) => host.name !== "master").map((host) => `http://${host.name}`);
    const app = new App({ clock, platform, records, name: plan.name, proxies, token: secretOf(plan.user) });
    records.tell(plan.name, () => `starts (life ${this.#lives})`);
    this.#running = { life, app, tap };
  }

  pause(forMs: number): void {
    const life = this.#running?.life;
    life?.pause();
    this.#parts.clock.after(forMs, () => life?.resume());
  }

  crash(_downMs: number, machine: boolean): void {
    this.#die(machine);
  }

  stop(): void {
    this.#die(false);
  }

  stepWall(byMs: number): void {
    this.#running?.life.clock.stepWall(byMs);
  }

  heal(): void {
    this.#running?.life.resume();
  }

  #die(silently: boolean): void {
    const running = this.#running;
    if (running === undefined) return;
    const { records, sockets } = this.#parts;
    records.tell(this.name, () => (silently ? "loses its power" : "is killed"));
    this.#running = undefined;
    records.ofSessions.look();
    running.life.end();
    running.tap.died();
    for (const watch of running.app.watches) watch.isOpen = false;
    running.app.forget();
    const left = sockets.clientGone(running.life, silently);
    if (silently) this.#watchesLeft += left * running.app.watchesBegun;
  }
}
