import { Registry } from "prom-client";
import { type Master, type MasterSettings, startMaster } from "../../master/master.js";
import { type StartedProxy, startProxy } from "../../proxy/proxy.js";
import type { CellService } from "../../shared/gateway/cell-service.js";
import type { Clock } from "../../shared/ports/clock.js";
import type { MasterLink } from "../../shared/ports/link.js";
import { silentLog } from "../../shared/ports/log.js";
import type { RoundMessage } from "../../shared/protocol/bus.js";
import { LIMITS } from "../../shared/protocol/limits.js";
import { tokenHash } from "../../shared/protocol/tokens.js";
import { busFaults, SimBus } from "../../shared/sim/sim-bus.js";
import { SimClock } from "../../shared/sim/sim-clock.js";
import { type LinkFaults, linkFaults, simLink } from "../../shared/sim/sim-link.js";
import type { SimProcess } from "../../shared/sim/sim-process.js";
import { SimRandom } from "../../shared/sim/sim-random.js";
import { SimDisk } from "../../shared/sim/sim-store.js";
import { StagedBus, StagedLink } from "./staging.fixture.js";

/** Long enough for whatever the cell promises to do by itself. */
const SETTLE_MS = 30_000;

/** A way from proxy to master, or back; and through the bus. */
export const LINK_DELAY_MS = 0.5;
export const BUS_DELAY_MS = 1;
/** A synced write takes between half of this and all of it. */
export const DISK_WRITE_MS = 2;

export interface SimProxy {
  readonly name: string;
  readonly process: SimProcess;
  readonly proxy: StartedProxy;
  readonly linkFaults: LinkFaults;
  readonly link: StagedLink;
  readonly bus: StagedBus;
}

export interface CellOptions {
  readonly proxies?: number;
  readonly seed?: number | string;
  readonly fillKeysPerS?: number;
  readonly locksPerPrincipal?: number;
  readonly operationsPerPrincipal?: number;
}

/** A promise as a test sees it from outside, while time passes. */
export interface Tracked<T> {
  state: "pending" | "resolved" | "rejected";
  /** When it was settled, on true time; NaN while it is pending. */
  atMs: number;
  value: T | undefined;
  readonly promise: Promise<T>;
}

/**
 * The machines of a cell in simulated time: the production code of master and proxies, joined by the simulated
 * link and bus, on a simulated disk. They are started, stopped, killed and made to misbehave here; what their
 * clients do is `SimCell`.
 */
export class SimMachines {
  readonly clock = new SimClock();
  readonly random: SimRandom;
  readonly bus: SimBus;
  readonly disk: SimDisk;
  readonly proxies: SimProxy[] = [];
  /** Each stands for the user of its name. */
  tokens: readonly string[] = ["alice", "bob", "carol"];
  /** Of this life; undefined while it is dead. */
  master: Master | undefined;
  readonly #options: CellOptions;
  #masterProcess: SimProcess | undefined;
  #masterBus: StagedBus | undefined;
  #lives = 0;

  constructor(options: CellOptions) {
    const { clock } = this;
    this.#options = options;
    this.random = new SimRandom(options.seed ?? 1);
    const faults = busFaults({ delayMs: { min: BUS_DELAY_MS, max: BUS_DELAY_MS } });
    this.bus = new SimBus({ clock, random: this.random.fork("bus"), faults });
    this.disk = new SimDisk({ clock, random: this.random.fork("disk"), writeMs: DISK_WRITE_MS });
  }

  /** `clockOf`: what the master takes for the clock of its process. */
  async startMaster({ rate = 1, clockOf = (process: SimProcess): Clock => process } = {}): Promise<Master> {
    const process = this.clock.process(`master-${++this.#lives}`, { rate });
    this.#masterProcess = process;
    this.#masterBus = new StagedBus(this.bus.endpoint("master", process), this.clock);
    const starting = startMaster({
      clock: clockOf(process),
      random: this.random.fork(`master-${this.#lives}`),
      bus: this.#masterBus,
      store: await this.disk.open(),
      log: silentLog,
      metrics: new Registry(),
      settings: this.#settings(),
    });
    this.master = await this.settle(starting);
    return this.master;
  }

  #settings(): MasterSettings {
    const { locksPerPrincipal = 100, operationsPerPrincipal = LIMITS.operationsPerPrincipalMax } = this.#options;
    return { locksPerPrincipal, operationsPerPrincipal, tokens: this.#configuredTokens() };
  }

  get epoch(): number {
    return this.door("master").readiness().epoch;
  }

  get masterProcess(): SimProcess {
    return this.#masterProcess as SimProcess;
  }

  get masterBus(): StagedBus {
    return this.#masterBus as StagedBus;
  }

  /** The rounds that this life of the master has opened so far. */
  rounds(): { readonly atMs: number; readonly message: RoundMessage }[] {
    return this.masterBus.published<RoundMessage>("rounds");
  }

  /** Another set of tokens is in force, everywhere, when this resolves. */
  setTokens(tokens: readonly string[]): Promise<unknown> {
    this.tokens = tokens;
    return (this.master as Master).setTokens(this.#configuredTokens());
  }

  /** The master's process, or its whole machine, dies at this instant. */
  killMaster(what: "process" | "machine" = "process"): void {
    this.#masterProcess?.kill();
    this.disk.crash(what);
    this.master = undefined;
  }

  /** The master stops in good order. */
  async stopMaster(): Promise<void> {
    await this.settle((this.master as Master).stop());
    this.master = undefined;
  }

  addProxy(name: string, { rate = 1 } = {}): SimProxy {
    const process = this.clock.process(name, { rate });
    const faults = linkFaults({ delayMs: { min: LINK_DELAY_MS, max: LINK_DELAY_MS }, timeoutMs: 2_000 });
    const random = this.random.fork(`link-${name}`);
    const network = simLink(() => this.master?.link, { clock: this.clock, random, faults, caller: process });
    const link = new StagedLink(network, this.clock);
    const bus = new StagedBus(this.bus.endpoint(name, process), this.clock);
    const { fillKeysPerS = 2_000 } = this.#options;
    const proxy = startProxy({
      ...{ clock: process, random: this.random.fork(name), bus, link, log: silentLog, metrics: new Registry() },
      settings: { name, url: `http://${name}`, zone: "", cacheBytes: 1 << 20, fillKeysPerS },
    });
    const simProxy = { name, process, proxy, linkFaults: faults, link, bus };
    this.proxies.push(simProxy);
    return simProxy;
  }

  proxy(index: number): SimProxy {
    return this.proxies[index] as SimProxy;
  }

  /** The newest of them. */
  lastRound(): { readonly atMs: number; readonly message: RoundMessage } {
    const last = this.rounds().at(-1);
    if (last === undefined) throw new Error("This life of the master has opened no round yet.");
    return last;
  }

  /** What proxies may ask of this life of the master. */
  get masterLink(): MasterLink {
    return (this.master as Master).link;
  }

  /** The id under which the proxy has last renewed its lease. */
  proxyId(index: number): string {
    return this.proxy(index).link.sent("renew").at(-1)?.request.proxyId as string;
  }

  /** Ends a proxy's lease at the master, behind its back: somebody gives it up who is not that proxy. */
  async endLease(index: number): Promise<void> {
    const givesUp = { epoch: this.epoch, proxyId: this.proxyId(index) };
    const request = {
      name: "thief",
      url: "",
      zone: "",
      givesUp,
      process: this.random.uuid(),
      attempt: 1,
      sessions: [],
      ended: [],
    };
    await this.settle(this.masterLink.register(request));
  }

  /** The door at the master (`"master"`) or at the proxy of this index. */
  door(at: number | "master"): CellService {
    return at === "master" ? (this.master as Master).service : this.proxy(at).proxy.service;
  }

  /** Lets time pass until the master serves and every proxy has its lease. */
  allReady(): Promise<void> {
    return this.clock.runUntil(() => {
      const doors = [this.master?.service, ...this.proxies.map(({ proxy }) => proxy.service)];
      return doors.every((door) => door?.readiness().ready === true);
    }, SETTLE_MS);
  }

  /** Lets time pass until the promise settles. */
  settle<T>(promise: Promise<T>): Promise<T> {
    return this.clock.settle(promise, SETTLE_MS);
  }

  /** Shows from outside what becomes of a promise. */
  track<T>(promise: Promise<T>): Tracked<T> {
    const tracked: Tracked<T> = { state: "pending", atMs: Number.NaN, value: undefined, promise };
    promise.then(
      (value) => Object.assign(tracked, { state: "resolved", atMs: this.clock.monotonicMs(), value }),
      () => Object.assign(tracked, { state: "rejected", atMs: this.clock.monotonicMs() }),
    );
    return tracked;
  }

  #configuredTokens(): { hash: string; principal: string }[] {
    return this.tokens.map((token) => ({ hash: tokenHash(token), principal: `user:${token}` }));
  }
}
