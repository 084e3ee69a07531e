import { Registry } from "prom-client";
import { Journal } from "../../master/journal/journal.js";
import { forNobody } from "../../master/journal/replay.js";
import { type Master, type MasterSettings, startMaster } from "../../master/master.js";
import type { ConfiguredToken } from "../../master/tokens.js";
import type { Bus } from "../../shared/ports/bus.js";
import type { MasterLink } from "../../shared/ports/link.js";
import { silentLog } from "../../shared/ports/log.js";
import type { SimBus } from "../../shared/sim/sim-bus.js";
import type { SimClock } from "../../shared/sim/sim-clock.js";
import type { SimRandom } from "../../shared/sim/sim-random.js";
import type { SimDisk } from "../../shared/sim/sim-store.js";
import type { Uptime } from "../check/bounded-stall.js";
import type { Mutable } from "../check/mutable.js";
import type { Records } from "../check/records.js";
import type { Door, Host } from "./host.js";
import { Life } from "./life.js";
import { linkInto, observedBus, storeOf } from "./master-ports.js";
import { SessionGate } from "./sockets/session-gate.js";
import type { SocketHost, Sockets } from "./sockets/sockets.js";

const RESTART_MS = 200;
const LOCKS_PER_PRINCIPAL = 1_000;

export interface MasterHostParts {
  readonly clock: SimClock;
  readonly random: SimRandom;
  readonly bus: SimBus;
  readonly disk: SimDisk;
  readonly rate: number;
  readonly records: Records;
  /** Called when a process has joined the bus: what its machine was cut off from, it still is. */
  readonly onJoined: (name: string) => void;
  readonly sockets: Sockets;
  readonly drainMs: number;
  readonly byteWeight: number;
  /** What it is told by its operator, beside the tokens. */
  readonly settings: Omit<MasterSettings, "tokens" | "locksPerPrincipal">;
}

/** The machine of the master: its disk stays, its processes come and go. */
export class MasterHost implements Host, SocketHost {
  readonly name = "master";
  readonly #parts: MasterHostParts;
  #lives = 0;
  #life: Life | undefined;
  #bus: Bus | undefined;
  #master: Master | undefined;
  #gate: SessionGate | undefined;
  #link: MasterLink | undefined;
  #tokens: readonly ConfiguredToken[] = [];
  #waiters: (() => void)[] = [];
  #reloading: Promise<void> = Promise.resolve();
  #isStopping = false;
  #isCopied = false;
  #uptime: Mutable<Uptime> | undefined;
  #existence: Mutable<Uptime> | undefined;

  constructor(parts: MasterHostParts) {
    this.#parts = parts;
  }

  door(): Door | undefined {
    if (this.#life === undefined || this.#master === undefined) return undefined;
    return { life: this.#life, service: this.#master.service };
  }

  gate(): ReturnType<SocketHost["gate"]> {
    return this.#life === undefined || this.#gate === undefined ? undefined : { life: this.#life, gate: this.#gate };
  }

  /** The link as its callers find it; undefined while nobody listens. */
  link(): MasterLink | undefined {
    return this.#link;
  }

  get isOnBus(): boolean {
    return this.#bus !== undefined;
  }

  /**
   * Changes the configuration, and has the master read it again (SIGHUP), one time after the other. Resolves
   * when it is in force, in whichever life.
   */
  configure(tokens: readonly ConfiguredToken[]): Promise<void> {
    this.#tokens = tokens;
    return new Promise((resolve) => {
      this.#waiters.push(resolve);
      this.#reload();
    });
  }

  #reload(): void {
    const [life, master] = [this.#life, this.#master];
    if (life === undefined || master === undefined) return;
    this.#reloading = this.#reloading.then(async () => {
      if (life !== this.#life) return;
      // If the journal fails, the next life takes the tokens over.
      await this.#whenInForce(() => life.call(() => master.setTokens(this.#tokens))).catch(() => {});
    });
  }

  /** Those who wait for a configuration that is not newer than this moment's have waited long enough afterwards. */
  async #whenInForce(bring: () => Promise<unknown>): Promise<void> {
    const waiters = [...this.#waiters];
    await bring();
    this.#waiters = this.#waiters.filter((waiter) => !waiters.includes(waiter));
    for (const resolve of waiters) resolve();
  }

  start(): void {
    if (this.#life !== undefined) return;
    const name = `master-${++this.#lives}`;
    const life = new Life(this.#parts.clock.process(name, { rate: this.#parts.rate }));
    this.#life = life;
    this.#exists();
    this.#parts.records.tell("master", () => `starts (life ${this.#lives})`);
    this.#isStopping = false;
    this.#reloading = Promise.resolve();
    const tokens = this.#tokens;
    let master: Master | undefined;
    const booting = life
      .call(() => this.#boot(life))
      .then((booted) => {
        master = booted;
        this.#serve(life, booted);
      });
    void this.#whenInForce(async () => {
      await booting;
      if (this.#tokens !== tokens) this.#reload();
      await life.call(async () => await master?.tokensInForce);
    }).catch((error: Error) => this.#failed(life, error));
  }

  async #boot(life: Life): Promise<Master> {
    const { disk, bus, random, records, onJoined, settings } = this.#parts;
    if (this.#isCopied) await this.#copyJournal();
    const store = storeOf(await disk.open(), { life, number: this.#lives, clock: this.#parts.clock, records });
    if (life.isOver) throw new Error("The process ended before it had begun.");
    const endpoint = bus.endpoint("master", life.clock);
    this.#bus = endpoint;
    onJoined("master");
    return startMaster({
      clock: life.clock,
      random: random.fork(life.clock.name),
      bus: observedBus(endpoint, { life, number: this.#lives, clock: this.#parts.clock, records }),
      store,
      log: silentLog,
      metrics: new Registry(),
      settings: { ...settings, locksPerPrincipal: LOCKS_PER_PRINCIPAL, tokens: this.#tokens },
    });
  }

  /** The copy lies where the journal did: nobody could tell the difference. */
  async #copyJournal(): Promise<void> {
    const { journal } = await Journal.open(await this.#parts.disk.open(), silentLog, forNobody);
    await journal.markAsCopy();
    await journal.close();
    this.#isCopied = false;
  }

  #serve(life: Life, master: Master): void {
    this.#master = master;
    this.#gate = new SessionGate({ service: master.service, life, ...this.#parts });
    this.#parts.sockets.gatewayIsBack(this.name, life);
    this.#link = linkInto(master.link, { life, records: this.#parts.records });
    this.#isRunning();
    this.#parts.records.tell("master", () => `serves, epoch ${master.service.readiness().epoch}`);
    life
      .call(() => master.failed)
      .then(
        (failure) => this.#failed(life, failure),
        () => {},
      );
  }

  /** The process ends by itself, as its main would see to. */
  #failed(life: Life, failure: Error): void {
    if (life.isOver) return;
    if (!this.#parts.disk.full) this.#parts.records.mishap("master", `failed: ${failure.message}`);
    else this.#parts.records.tell("master", () => `failed: ${failure.message}`);
    if (this.#master === undefined) this.crash(RESTART_MS, false);
    else
      this.#stopInOrder(life, this.#master).then(
        () => this.#gone(life, RESTART_MS),
        () => this.crash(RESTART_MS, false),
      );
  }

  /** What its main does when it was asked to stop, and when it cannot go on. */
  #stopInOrder(life: Life, master: Master): Promise<void> {
    this.#isStopping = true;
    this.#stands();
    const gate = this.#gate;
    return life.call(async () => {
      await gate?.close(this.name, this.#parts.drainMs);
      await master.stop();
    });
  }

  #gone(life: Life, downMs: number): void {
    if (life !== this.#life) return;
    this.#end(life, false);
    this.#parts.clock.after(downMs, () => this.start());
  }

  pause(forMs: number): void {
    const life = this.#life;
    if (life === undefined) return;
    life.pause();
    this.#stands();
    this.#parts.clock.after(forMs, () => this.#resume(life));
  }

  #resume(life: Life): void {
    if (life !== this.#life || !life.isPaused) return;
    life.resume();
    if (this.#master !== undefined) this.#isRunning();
  }

  crash(downMs: number, machine: boolean): void {
    if (this.#life !== undefined) {
      this.#end(this.#life, machine);
      this.#parts.disk.crash(machine ? "machine" : "process");
    }
    this.#parts.clock.after(downMs, () => this.start());
  }

  /** The next one is started on a copy of the journal. */
  restore(downMs: number): void {
    this.#isCopied = true;
    this.crash(downMs, false);
  }

  stop(downMs: number, withinMs?: number): void {
    const [life, master, gate] = [this.#life, this.#master, this.#gate];
    if (life === undefined || master === undefined || gate === undefined || this.#isStopping) return;
    if (withinMs !== undefined) this.#mustEnd(life, withinMs);
    this.#stopInOrder(life, master).then(
      () => this.#gone(life, downMs),
      (error: Error) => this.#failed(life, error),
    );
  }

  #mustEnd(life: Life, withinMs: number): void {
    const { clock, records } = this.#parts;
    clock.after(withinMs, () => {
      if (!life.isOver) records.mishap("E2 stops in time", `the master was asked to stop ${withinMs} ms ago, and runs`);
    });
  }

  stepWall(byMs: number): void {
    this.#life?.clock.stepWall(byMs);
  }

  heal(): void {
    if (this.#life === undefined) this.start();
    else this.#resume(this.#life);
  }

  #end(life: Life, isSilent: boolean): void {
    life.end();
    const atMs = this.#parts.clock.monotonicMs();
    this.#parts.records.ofSessions.lifeEnds.push({ life: life.clock.name, atMs, leaseRanMs: atMs });
    this.#parts.sockets.gatewayGone(life, isSilent);
    this.#stands();
    if (this.#existence !== undefined) this.#existence.untilMs = atMs;
    void this.#bus?.close();
    this.#bus = undefined;
    this.#life = undefined;
    this.#master = undefined;
    this.#gate = undefined;
    this.#link = undefined;
  }

  #exists(): void {
    this.#existence = this.#fromNow();
    this.#parts.records.masterLives.push(this.#existence);
  }

  #isRunning(): void {
    this.#uptime = this.#fromNow();
    this.#parts.records.uptimes.push(this.#uptime);
  }

  #fromNow(): Mutable<Uptime> {
    const nowMs = this.#parts.clock.monotonicMs();
    return { life: this.#lives, fromMs: nowMs, untilMs: Number.POSITIVE_INFINITY };
  }

  #stands(): void {
    if (this.#uptime !== undefined) this.#uptime.untilMs = this.#parts.clock.monotonicMs();
    this.#uptime = undefined;
  }
}
