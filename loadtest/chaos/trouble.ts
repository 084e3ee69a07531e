import type { Clock } from "../../shared/ports/clock.js";
import { LIMITS } from "../../shared/protocol/limits.js";
import type { Stretch } from "../check/slow-writes.js";
import type { FaultyLink, LinkFault } from "../cluster/faulty-link.js";
import type { LaneFault } from "../cluster/lane.js";
import type { ChaosCell } from "./chaos-cell.js";
import type { Mortal } from "./mortal.js";
import {
  type Direction,
  describeFault,
  type Fault,
  ISOLATED,
  type LinkMishap,
  type NetworkMishap,
  type ProcessMishap,
} from "./plan.js";

/** A master that was started anew lets nobody write until the leases of its last life are over (E1), and is busy then. */
export const START_WAIT_MS = LIMITS.proxyLeaseMs / LIMITS.driftFactor + 500;

/** A fault as it came to be. */
export interface Struck extends Stretch {
  readonly fault: Fault;
  /** Connections that a fault of a link met. */
  readonly met?: number;
}

export interface TroubleParts {
  readonly cell: ChaosCell;
  /** Those of the cell, and of its clients. */
  readonly processes: ReadonlyMap<string, Mortal>;
  readonly clock: Clock;
  readonly onStruck: (what: string) => void;
  /** A fault could not be made. */
  readonly onMishap: (what: string) => void;
}

/** Everything that goes wrong in a cell, and its end. */
export class Trouble {
  /** What has struck, in order. */
  readonly struck: Struck[] = [];
  readonly #parts: TroubleParts;
  #isOver = false;

  constructor(parts: TroubleParts) {
    this.#parts = parts;
  }

  /** Lets the faults strike at their times, until it is all healed. */
  start(faults: readonly Fault[]): void {
    const { clock, onMishap } = this.#parts;
    for (const fault of faults) {
      clock.after(fault.atMs - clock.monotonicMs(), () => {
        if (this.#isOver || !this.#isPossible(fault)) return;
        this.#strike(fault).catch((error: Error) => onMishap(`${describeFault(fault)}: ${error.message}`));
      });
    }
  }

  /** Ends all that is wrong. Resolves when every process is up again. */
  async heal(): Promise<void> {
    this.#isOver = true;
    const { cell, processes } = this.#parts;
    const { links, network } = cell;
    if (typeof network !== "string") await network.mend();
    await Promise.all([...links.values()].map((link) => link.heal()));
    await Promise.all([...processes.values()].map((process) => process.heal()));
  }

  #isPossible(fault: Fault): boolean {
    return fault.kind !== "partition" || typeof this.#parts.cell.network !== "string";
  }

  async #strike(fault: Fault): Promise<void> {
    const struck = { fault, fromMs: this.#parts.clock.monotonicMs(), untilMs: Number.POSITIVE_INFINITY, met: 0 };
    this.struck.push(struck);
    this.#parts.onStruck(describeFault(fault));
    if ("who" in fault) await this.#harm(fault);
    else if ("link" in fault) struck.met = await this.#spoil(fault);
    else await this.#part(fault);
    struck.untilMs = this.#parts.clock.monotonicMs();
  }

  #harm(fault: ProcessMishap): Promise<void> {
    const process = this.#parts.processes.get(fault.who);
    if (process === undefined) throw new Error(`There is no process ${fault.who}.`);
    if (fault.kind === "pause") return process.pause(fault.forMs);
    if (fault.kind === "die") return process.kill(fault.downMs, fault.silentMs);
    return fault.kind === "kill" ? process.kill(fault.downMs) : process.restart(fault.downMs);
  }

  async #spoil(fault: LinkMishap): Promise<number> {
    const link = this.#parts.cell.links.get(fault.link) as FaultyLink;
    const before = link.seen - link.open;
    if (fault.kind === "reset") {
      const met = link.open;
      link.reset();
      return met;
    }
    if (fault.kind === "refuse") link.refuse();
    else link.set(faultOf(fault));
    await this.#pause(fault.forMs);
    const met = link.seen - before;
    if (!this.#isOver) await link.heal();
    return met;
  }

  async #part({ way, forMs }: NetworkMishap): Promise<void> {
    const { network } = this.#parts.cell;
    if (typeof network === "string") return;
    await network.cut(way);
    await this.#pause(forMs);
    if (!this.#isOver) await network.mend();
  }

  #pause(forMs: number): Promise<void> {
    return new Promise((resolve) => this.#parts.clock.after(forMs, resolve));
  }
}

/** Whether a fault may cost a proxy its fresh reads: it is its own, of its link to the master, or of the master. */
export function concernsReadsAt(proxy: string, fault: Fault): boolean {
  if ("who" in fault) return fault.who === "master" || fault.who === proxy;
  if ("link" in fault) return fault.link === `${proxy}→master`;
  return proxy === ISOLATED;
}

function faultOf(fault: Exclude<LinkMishap, { kind: "reset" | "refuse" }>): Partial<LinkFault> {
  switch (fault.kind) {
    case "delay":
      return along("both", { delayMs: { min: fault.delayMs / 2, max: fault.delayMs } });
    case "drop":
      return along(fault.direction, { drops: true });
    case "half-open":
      return along(fault.direction, { holds: true });
    case "slow":
      return along("both", { bytesPerS: fault.bytesPerS });
  }
}

const along = (direction: Direction, fault: LaneFault): Partial<LinkFault> => ({
  ...(direction === "down" ? {} : { up: fault }),
  ...(direction === "up" ? {} : { down: fault }),
});
