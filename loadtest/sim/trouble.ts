import type { Clock } from "../../shared/ports/clock.js";
import type { Direction, SimBus } from "../../shared/sim/sim-bus.js";
import { resumeLink } from "../../shared/sim/sim-link.js";
import type { SimDisk } from "../../shared/sim/sim-store.js";
import type { Records } from "../check/records.js";
import type { ClientNetwork } from "./client-network.js";
import { describeFault } from "./describe.js";
import type { Host } from "./host.js";
import { CALLS, type CallName, type Fault, type Noise, QUIET } from "./plan.js";
import type { ProxyHost } from "./proxy-host.js";
import type { Sockets } from "./sockets/sockets.js";

export interface TroubleParts {
  readonly clock: Clock;
  readonly records: Records;
  readonly bus: SimBus;
  readonly disk: SimDisk;
  readonly network: ClientNetwork;
  readonly sockets: Sockets;
  readonly master: { restore(downMs: number): void };
  readonly hosts: () => readonly Host[];
  readonly proxies: () => readonly ProxyHost[];
}

/** Everything that goes wrong in a world, and its end. */
export class Trouble {
  /** How often each kind of fault has struck: a run in which one never did has not tested it. */
  readonly counts = new Map<string, number>();
  readonly #parts: TroubleParts;
  readonly #cutOff = new Map<string, Direction>();
  #noise: Noise = QUIET;

  constructor(parts: TroubleParts) {
    this.#parts = parts;
  }

  /** What the network does from now on whenever no fault says otherwise. */
  setNoise(noise: Noise): void {
    this.#noise = noise;
    this.#quietenBus();
    for (const proxy of this.#parts.proxies()) for (const call of CALLS) this.#quietenLink(proxy, call);
    this.#parts.network.noise = noise.client;
    this.#parts.sockets.delayMs = noise.socket.delayMs;
  }

  /** Ends all that goes wrong, also what has not struck yet. */
  heal(): void {
    const { disk, bus, hosts, proxies } = this.#parts;
    disk.full = false;
    this.setNoise(QUIET);
    bus.reconnect();
    for (const host of hosts()) {
      this.#cut(host.name, undefined);
      this.#resumeBus(host.name);
      this.#parts.sockets.resume(host.name, "whole");
    }
    for (const proxy of proxies()) {
      for (const call of CALLS) {
        proxy.faults[call].partitioned = "none";
        resumeLink(proxy.faults[call]);
      }
    }
    for (const host of hosts()) host.heal();
  }

  /** A process has joined the bus. What its machine was cut off from, it is. */
  joined(name: string): void {
    const direction = this.#cutOff.get(name);
    if (direction !== undefined) this.#parts.bus.partition(name, direction);
  }

  strike(fault: Fault): void {
    this.counts.set(fault.kind, (this.counts.get(fault.kind) ?? 0) + 1);
    this.#parts.records.tell("fault", () => describeFault(fault));
    const { bus, disk, sockets, master } = this.#parts;
    switch (fault.kind) {
      case "pause":
        this.#host(fault.who)?.pause(fault.forMs);
        return;
      case "suspend":
        this.#proxy(fault.who)?.suspend(fault.forMs);
        return;
      case "crash":
        this.#host(fault.who)?.crash(fault.downMs, fault.machine);
        return;
      case "restore":
        master.restore(fault.downMs);
        return;
      case "stop":
        this.#host(fault.who)?.stop(fault.downMs, fault.withinMs);
        return;
      case "stepWall":
        this.#host(fault.who)?.stepWall(fault.byMs);
        return;
      case "cutBus":
        this.#cut(fault.who, fault.direction);
        this.#after(fault, () => this.#cut(fault.who, undefined));
        return;
      case "stallBus":
        if (this.#host(fault.who)?.isOnBus === true) bus.stall(fault.who, fault.direction);
        this.#after(fault, () => this.#resumeBus(fault.who));
        return;
      case "busDown":
        bus.disconnect();
        this.#after(fault, () => bus.reconnect());
        return;
      case "stallSockets":
        sockets.stall(fault.who, fault.direction);
        this.#after(fault, () => sockets.resume(fault.who, fault.after));
        return;
      case "breakSockets":
        sockets.break(fault.who);
        return;
      case "noisyBus":
        this.#makeNoise(fault);
        this.#after(fault, () => this.#quietenBus());
        return;
      case "diskFull":
        disk.full = true;
        this.#after(fault, () => {
          disk.full = false;
        });
        return;
      default:
        this.#strikeLink(fault);
    }
  }

  #strikeLink(fault: Fault & { kind: "cutLink" | "slowLink" | "stallLink" | "lossyLink" }): void {
    const proxy = this.#proxy(fault.who);
    if (proxy === undefined) return;
    if (fault.kind === "cutLink") {
      for (const call of CALLS) proxy.faults[call].partitioned = fault.direction;
      this.#after(fault, () => {
        for (const call of CALLS) proxy.faults[call].partitioned = "none";
      });
      return;
    }
    const faults = proxy.faults[fault.call];
    if (fault.kind === "stallLink") {
      faults.stalled = fault.where;
      this.#after(fault, () => resumeLink(faults));
      return;
    }
    if (fault.kind === "slowLink") faults.delayMs = { min: fault.delayMs / 2, max: fault.delayMs };
    else if (fault.where === "before") faults.lostBeforeRatio = fault.ratio;
    else faults.lostAfterRatio = fault.ratio;
    this.#after(fault, () => this.#quietenLink(proxy, fault.call));
  }

  #makeNoise({ lossRatio, duplicateRatio, delayMs }: Fault & { kind: "noisyBus" }): void {
    const delay = { min: 0, max: delayMs };
    Object.assign(this.#parts.bus.faults, { lossRatio, duplicateRatio, delayMs: delay, reorder: true });
  }

  #quietenBus(): void {
    const { lossRatio, duplicateRatio, delayMs, reorder } = this.#noise.bus;
    const delay = { min: 0, max: delayMs };
    Object.assign(this.#parts.bus.faults, { lossRatio, duplicateRatio, delayMs: delay, reorder });
  }

  #quietenLink(proxy: ProxyHost, call: CallName): void {
    const { lostBeforeRatio, lostAfterRatio, delayMs } = this.#noise.link;
    const delay = { min: delayMs / 2, max: delayMs };
    Object.assign(proxy.faults[call], { lostBeforeRatio, lostAfterRatio, delayMs: delay });
  }

  #cut(name: string, direction: Direction | undefined): void {
    if (direction === undefined) this.#cutOff.delete(name);
    else this.#cutOff.set(name, direction);
    if (this.#host(name)?.isOnBus !== true) return;
    if (direction === undefined) this.#parts.bus.heal(name);
    else this.#parts.bus.partition(name, direction);
  }

  #resumeBus(name: string): void {
    if (this.#host(name)?.isOnBus === true) this.#parts.bus.resume(name);
  }

  #after(fault: { readonly forMs: number }, end: () => void): void {
    this.#parts.clock.after(fault.forMs, end);
  }

  #proxy(name: string): ProxyHost | undefined {
    return this.#parts.proxies().find((proxy) => proxy.name === name);
  }

  #host(name: string): Host | undefined {
    return this.#parts.hosts().find((host) => host.name === name);
  }
}
