import type { Bus } from "../../shared/ports/bus.js";
import type { Clock } from "../../shared/ports/clock.js";
import type { RoundMessage } from "../../shared/protocol/bus.js";
import { LIMITS } from "../../shared/protocol/limits.js";
import type { Ack, OwedRound } from "../../shared/protocol/link.js";

/** What one command of a round waits for. */
export interface Clearance {
  readonly keys: readonly string[];
  /** The proxies that still may answer from the keys. */
  readonly waitsFor: Set<string>;
  /** key -> the proxies that acked with a tombstone of exactly this round: those may be refreshed (rule R6). */
  readonly tombstones: Map<string, Set<string>>;
  /** Called once, when nobody is waited for any more. */
  readonly onCleared: (round: number) => void;
}

interface Owed {
  readonly round: number;
  readonly openedAtMs: number;
  /** Of the state at its opening. */
  readonly revision: number;
  readonly keys: Set<string>;
  readonly clearances: Clearance[];
}

/**
 * Invalidations, and who still owes an ack for them.
 *
 * A round is told on the bus once, and from then on in every answer to a renewal of a proxy that owes it;
 * so a lost message costs time and nothing else (P9). It ends for a proxy by its ack or with its lease,
 * whichever comes first, and a lease is never prolonged past the round's opening by more than its length
 * (rule L3): so it ends.
 */
export class Rounds {
  readonly #bus: Bus;
  readonly #clock: Clock;
  readonly #epoch: number;
  readonly #revision: () => number;
  /** proxy -> round -> what it owes. */
  readonly #owed = new Map<string, Map<number, Owed>>();
  #newest = 0;
  #acks = 0;

  constructor(parts: { bus: Bus; clock: Clock; epoch: number; revision: () => number }) {
    this.#bus = parts.bus;
    this.#clock = parts.clock;
    this.#epoch = parts.epoch;
    this.#revision = parts.revision;
  }

  /** The number of the newest round; 0 before the first of the epoch. */
  get newest(): number {
    return this.#newest;
  }

  /** How many acks have counted in this epoch. */
  get acks(): number {
    return this.#acks;
  }

  /** Opens one round for all the commands of a turn (rule R4). Each waits for somebody. */
  open(clearances: readonly Clearance[]): void {
    const round = ++this.#newest;
    const openedAtMs = this.#clock.monotonicMs();
    for (const clearance of clearances) {
      for (const proxyId of clearance.waitsFor) this.#owe(proxyId, round, openedAtMs, clearance);
    }
    const message: RoundMessage = {
      epoch: this.#epoch,
      round,
      previous: round - 1,
      revision: this.#revision(),
      keys: [...new Set(clearances.flatMap((clearance) => clearance.keys))],
      proxies: [...new Set(clearances.flatMap((clearance) => [...clearance.waitsFor]))],
    };
    this.#bus.publish("rounds", JSON.stringify(message));
  }

  /** Takes an ack. It counts only if it is owed (rule R5). */
  ack(proxyId: string, ack: Ack): void {
    const owed = this.#owed.get(proxyId)?.get(ack.round);
    if (owed === undefined) return;
    this.#acks += 1;
    this.#owed.get(proxyId)?.delete(ack.round);
    for (const clearance of owed.clearances) {
      for (const key of clearance.keys) {
        if (!ack.had.includes(key)) continue;
        clearance.tombstones.set(key, (clearance.tombstones.get(key) ?? new Set()).add(proxyId));
      }
      this.#settle(clearance, proxyId, ack.round);
    }
  }

  /** The proxy's lease is over: nobody waits for it any more. */
  dropProxy(proxyId: string): void {
    const owed = this.#owed.get(proxyId);
    this.#owed.delete(proxyId);
    for (const { round, clearances } of owed?.values() ?? []) {
      for (const clearance of clearances) this.#settle(clearance, proxyId, round);
    }
  }

  /** What the proxy still has to acknowledge, oldest first. */
  owedBy(proxyId: string): OwedRound[] {
    const owed = [...(this.#owed.get(proxyId)?.values() ?? [])];
    return owed.map(({ round, revision, keys }) => ({ round, revision, keys: [...keys] }));
  }

  /** Until when the proxy's lease may be prolonged at most, on the master's monotonic clock (rule L3). */
  leaseBoundMs(proxyId: string): number {
    const [oldest] = this.#owed.get(proxyId)?.values() ?? [];
    return oldest === undefined ? Number.POSITIVE_INFINITY : oldest.openedAtMs + LIMITS.proxyLeaseMs;
  }

  #owe(proxyId: string, round: number, openedAtMs: number, clearance: Clearance): void {
    const rounds = this.#owed.get(proxyId) ?? new Map<number, Owed>();
    this.#owed.set(proxyId, rounds);
    const owed: Owed = rounds.get(round) ?? {
      ...{ round, openedAtMs, revision: this.#revision() },
      ...{ keys: new Set(), clearances: [] },
    };
    rounds.set(round, owed);
    for (const key of clearance.keys) owed.keys.add(key);
    owed.clearances.push(clearance);
  }

  #settle(clearance: Clearance, proxyId: string, round: number): void {
    if (!clearance.waitsFor.delete(proxyId) || clearance.waitsFor.size > 0) return;
    clearance.onCleared(round);
  }
}
