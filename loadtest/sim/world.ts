import { busFaults, type Direction, SimBus } from "../../shared/sim/sim-bus.js";
import { SimClock } from "../../shared/sim/sim-clock.js";
import { SimRandom } from "../../shared/sim/sim-random.js";
import { SimDisk } from "../../shared/sim/sim-store.js";
import { Client } from "./client.js";
import { ClientNetwork } from "./client-network.js";
import type { Host } from "./host.js";
import { MasterHost } from "./master-host.js";
import { Operator } from "./operator.js";
import { CALLS, type Fault, type Noise, type Plan, QUIET } from "./plan.js";
import { ProxyHost } from "./proxy-host.js";
import { Records } from "./records.js";

const DISK_WRITE_MS = 2;
/** By then everything that was asked must be answered, once nothing goes wrong any more. */
export const CONVERGES_WITHIN_MS = 20_000;
const NO_LONGER = { lostBeforeRatio: 0, lostAfterRatio: 0, partitioned: "none" } as const;

/**
 * A whole cell in simulated time: the production code of master and proxies on simulated machines, with
 * clients, an operator, and everything that goes wrong, all decided by the plan.
 */
export class World {
  readonly records: Records;
  readonly clock = new SimClock();
  readonly bus: SimBus;
  readonly master: MasterHost;
  readonly proxies: readonly ProxyHost[];
  readonly hosts: readonly Host[];
  readonly #plan: Plan;
  readonly #disk: SimDisk;
  readonly #network: ClientNetwork;
  readonly #clients: ReadonlyMap<string, Client>;
  readonly #operator: Operator;
  readonly #cutOff = new Map<string, Direction>();
  readonly #users: readonly string[];

  constructor(plan: Plan, { tracing = false }: { tracing?: boolean } = {}) {
    this.#plan = plan;
    const { clock } = this;
    const random = new SimRandom(plan.seed);
    const records = new Records(clock, tracing);
    this.records = records;
    this.bus = new SimBus({ clock, random: random.fork("bus"), faults: busFaults() });
    this.#disk = new SimDisk({ clock, random: random.fork("disk"), writeMs: DISK_WRITE_MS });
    const onJoined = (name: string): void => this.#cutAgain(name);
    const common = { clock, random, bus: this.bus, records, onJoined };
    const master = new MasterHost({ ...common, disk: this.#disk, rate: plan.masterRate });
    this.master = master;
    this.proxies = plan.proxies.map((proxy) => new ProxyHost({ ...common, plan: proxy, master: () => master.link() }));
    this.hosts = [master, ...this.proxies];
    this.#network = new ClientNetwork({ clock, random: random.fork("clients"), noise: plan.noise.client });
    const { hosts } = this;
    this.#clients = new Map(
      plan.clients.map((client) => {
        const parts = { clock, random: random.fork(client.name), network: this.#network, hosts, records, plan: client };
        return [client.name, new Client(parts)] as const;
      }),
    );
    this.#users = [...new Set(plan.clients.map(({ user }) => user))];
    this.#operator = new Operator({ clock, master, records, users: this.#users });
  }

  /** Plays the plan to its end. What came of it is in `records`. */
  async play(): Promise<void> {
    const { clock } = this;
    this.#operator.begin();
    for (const host of this.hosts) host.start();
    await clock.runFor(0);
    this.#setNoise(this.#plan.noise);
    for (const fault of this.#plan.faults) clock.after(fault.atMs, () => this.#strike(fault));
    const work = this.#startWork();
    await clock.runFor(this.#plan.faultsForMs);
    this.records.tell("world", () => "is healed");
    this.#heal();
    await this.#converge(work);
  }

  #startWork(): Promise<unknown> {
    const of = (name: string) => this.#plan.steps.filter(({ by }) => by === name);
    const clients = [...this.#clients].map(([name, client]) => client.run(of(name)));
    return Promise.all([...clients, this.#operator.run(of("operator"))]);
  }

  async #converge(work: Promise<unknown>): Promise<void> {
    const endMs = this.clock.monotonicMs() + CONVERGES_WITHIN_MS;
    await this.#within(endMs, "every command, read and change of tokens to be answered", work);
    await this.#within(endMs, "every token to be put back in force", this.#operator.grantAll(this.#users));
    await this.#within(endMs, "every door to be ready", this.#allReady());
    await this.#within(endMs, "a last look at every lock at every door", this.#lookEverywhere());
  }

  async #within(endMs: number, what: string, work: Promise<unknown>): Promise<void> {
    if (this.records.mishaps.some(({ who }) => who === "convergence")) return;
    try {
      await this.clock.settle(work, Math.max(1, endMs - this.clock.monotonicMs()));
    } catch (error) {
      this.records.mishap("convergence", `waited in vain for ${what}: ${(error as Error).message}`);
    }
  }

  async #allReady(): Promise<void> {
    while (!this.hosts.every((host) => host.door()?.service.readiness().ready === true)) {
      await new Promise<void>((resolve) => this.clock.after(10, resolve));
    }
  }

  async #lookEverywhere(): Promise<void> {
    const { locks } = this.#plan;
    const lookers = [...this.#clients.values()];
    const at = { atMs: 0, by: "" };
    await Promise.all(
      this.hosts.map(async (host, index) => {
        const client = lookers[index % lookers.length] as Client;
        for (const lock of locks) await client.readUntilAnswered({ ...at, kind: "read", lock, door: host.name });
      }),
    );
  }

  #setNoise({ bus, link, client }: Noise): void {
    Object.assign(this.bus.faults, {
      ...{ lossRatio: bus.lossRatio, duplicateRatio: bus.duplicateRatio, reorder: bus.reorder },
      delayMs: { min: 0, max: bus.delayMs },
    });
    for (const proxy of this.proxies) {
      for (const call of CALLS) {
        const { lostBeforeRatio, lostAfterRatio } = link;
        Object.assign(proxy.faults[call], { lostBeforeRatio, lostAfterRatio, delayMs: { min: 0, max: link.delayMs } });
      }
    }
    this.#network.noise = client;
  }

  #strike(fault: Fault): void {
    this.records.tell("fault", () => JSON.stringify(fault));
    const { clock } = this;
    switch (fault.kind) {
      case "pause":
        return this.#host(fault.who)?.pause(fault.forMs);
      case "crash":
        return this.#host(fault.who)?.crash(fault.downMs, fault.machine);
      case "stop":
        return this.#host(fault.who)?.stop(fault.downMs);
      case "stepWall":
        return this.#host(fault.who)?.stepWall(fault.byMs);
      case "cutBus":
        this.#cut(fault.who, fault.direction);
        clock.after(fault.forMs, () => this.#cut(fault.who, undefined));
        return;
      case "busDown":
        this.bus.disconnect();
        clock.after(fault.forMs, () => this.bus.reconnect());
        return;
      case "noisyBus": {
        const { lossRatio, duplicateRatio, delayMs } = fault;
        Object.assign(this.bus.faults, { lossRatio, duplicateRatio, delayMs: { min: 0, max: delayMs }, reorder: true });
        clock.after(fault.forMs, () => this.#setNoise(this.#plan.noise));
        return;
      }
      case "diskFull":
        this.#disk.full = true;
        clock.after(fault.forMs, () => {
          this.#disk.full = false;
        });
        return;
      default:
        this.#strikeLink(fault);
    }
  }

  #strikeLink(fault: Fault & { kind: "cutLink" | "slowLink" | "lossyLink" }): void {
    const proxy = this.proxies.find(({ name }) => name === fault.who);
    if (proxy === undefined) return;
    const { link } = this.#plan.noise;
    const { clock } = this;
    if (fault.kind === "cutLink") {
      for (const call of CALLS) proxy.faults[call].partitioned = fault.direction;
      clock.after(fault.forMs, () => {
        for (const call of CALLS) proxy.faults[call].partitioned = "none";
      });
    } else if (fault.kind === "slowLink") {
      const faults = proxy.faults[fault.call];
      faults.delayMs = { min: fault.delayMs / 2, max: fault.delayMs };
      clock.after(fault.forMs, () => {
        faults.delayMs = { min: 0, max: link.delayMs };
      });
    } else {
      const faults = proxy.faults[fault.call];
      if (fault.where === "before") faults.lostBeforeRatio = fault.ratio;
      else faults.lostAfterRatio = fault.ratio;
      clock.after(fault.forMs, () => Object.assign(faults, link.delayMs === undefined ? {} : {
        lostBeforeRatio: link.lostBeforeRatio, lostAfterRatio: link.lostAfterRatio,
      }));
    }
  }

  #host(name: string): Host | undefined {
    return this.hosts.find((host) => host.name === name);
  }

  #cut(name: string, direction: Direction | undefined): void {
    if (direction === undefined) this.#cutOff.delete(name);
    else this.#cutOff.set(name, direction);
    if (this.#host(name)?.door() !== undefined) this.#cutAgain(name);
  }

  #cutAgain(name: string): void {
    const direction = this.#cutOff.get(name);
    if (direction === undefined) this.bus.heal(name);
    else this.bus.partition(name, direction);
  }

  #heal(): void {
    this.#disk.full = false;
    this.#setNoise(QUIET);
    this.bus.reconnect();
    for (const { name } of this.hosts) this.#cut(name, undefined);
    for (const proxy of this.proxies) for (const call of CALLS) Object.assign(proxy.faults[call], NO_LONGER);
    for (const host of this.hosts) host.heal();
  }
}
