import type { ReadSource, View } from "../shared/gateway/cell-service.js";
import type { Clock } from "../shared/ports/clock.js";
import type { MasterLink } from "../shared/ports/link.js";
import type { Entry } from "../shared/protocol/entries.js";
import { Fault, faultOf } from "../shared/protocol/errors.js";
import { LIMITS } from "../shared/protocol/limits.js";
import type { Filled } from "../shared/protocol/link.js";
import type { Budget } from "./budget.js";
import type { Cache } from "./cache.js";
import type { ProxyLease } from "./lease.js";
import { Spacing } from "./spacing.js";

const RETRY_AFTER_MS = 1_000;

/** Readers of one turn, before their fill is sent. */
interface Batch {
  readonly keys: Set<string>;
  readonly settled: Promise<Reply>;
  readonly send: () => void;
}

/** A fill that was sent. */
interface Flight {
  readonly keys: ReadonlySet<string>;
  /** Keys that a round named meanwhile: their answers are not to be kept (rule R5). */
  readonly marked: Set<string>;
  /** Resolves when the answer was dealt with, also if there was none. */
  readonly over: Promise<unknown>;
}

interface Reply {
  readonly epoch: number;
  readonly entries: ReadonlyMap<string, Entry>;
}

export interface FillParts {
  readonly clock: Clock;
  readonly link: MasterLink;
  readonly lease: ProxyLease;
  readonly budget: Budget;
  readonly cache: () => Cache;
  /** The same read from the cache, as a hit; undefined if it is none. */
  readonly hit: (keys: readonly string[]) => View | undefined;
}

/**
 * What the cache does not have is asked of the master: one fill for all misses of a turn, one at a time for
 * each key.
 *
 * A reader who came after a fill was sent may take its answer only as a hit: granted, not marked, the lease
 * running. Otherwise the answer may be older than the reader, and it shares the next fill (rule R2). A key
 * that is being written gets no grants, so its fills are spaced; all fills count against the budget (P12).
 */
export class Fills {
  readonly #parts: FillParts;
  readonly #flights = new Set<Flight>();
  readonly #spacing: Spacing<Batch>;
  /** Goes out when the turn is over. */
  #batch: Batch | undefined;

  constructor(parts: FillParts) {
    this.#parts = parts;
    this.#spacing = new Spacing(parts.clock, () => this.#newBatch());
  }

  /** Reads past the cache: from one fill that is sent after now. */
  async readThrough(keys: readonly string[], source: ReadSource): Promise<View> {
    try {
      return await this.#joinTwice(keys, source);
    } catch (error) {
      throw forReaders(faultOf(error));
    }
  }

  /** Reads what was not in the cache a moment ago. */
  async read(keys: readonly string[]): Promise<View> {
    const underWay = this.#underWay(this.#missing(keys));
    if (underWay.length > 0) {
      await Promise.all(underWay);
      const hit = this.#parts.hit(keys);
      if (hit !== undefined) return { ...hit, source: "miss" };
    }
    return this.readThrough(keys, "miss");
  }

  /** A round named the key: no answer that is under way may be kept. */
  mark(key: string): void {
    for (const flight of this.#flights) if (flight.keys.has(key)) flight.marked.add(key);
  }

  /** What a fill that is under way may still make a hit. Without a lease nothing becomes one. */
  #missing(keys: readonly string[]): readonly string[] {
    const { clock, lease, cache } = this.#parts;
    if (lease.running() === undefined) return [];
    const nowMs = clock.monotonicMs();
    return keys.filter((key) => cache().get(key, nowMs) === undefined);
  }

  #underWay(keys: readonly string[]): Promise<unknown>[] {
    const flights = [...this.#flights].filter((flight) => keys.some((key) => flight.keys.has(key)));
    return flights.map(({ over }) => over);
  }

  /** A master that was restarted is asked again once this proxy has registered there. */
  async #joinTwice(keys: readonly string[], source: ReadSource): Promise<View> {
    try {
      return await this.#join(keys, source);
    } catch (error) {
      if (faultOf(error).code !== "epoch_changed") throw error;
      await this.#parts.lease.registration(RETRY_AFTER_MS);
      return await this.#join(keys, source);
    }
  }

  async #join(keys: readonly string[], source: ReadSource): Promise<View> {
    const batch = this.#batchFor(keys);
    const added = keys.filter((key) => !batch.keys.has(key));
    this.#parts.budget.spend(added.length);
    for (const key of added) batch.keys.add(key);
    if (batch === this.#batch && batch.keys.size >= LIMITS.fillKeysMax) batch.send();
    const { epoch, entries } = await batch.settled;
    return { source, epoch, entries: keys.map((key) => entries.get(key) as Entry), ageMs: 0 };
  }

  #batchFor(keys: readonly string[]): Batch {
    const spaced = this.#spacing.batchFor(keys);
    if (spaced !== undefined) return spaced;
    if (this.#batch === undefined) {
      this.#batch = this.#newBatch();
      this.#parts.clock.afterTurn(this.#batch.send);
    }
    return this.#batch;
  }

  #newBatch(): Batch {
    const keys = new Set<string>();
    let isSent = false;
    let send: () => void = () => {};
    const settled = new Promise<Reply>((resolve, reject) => {
      send = () => {
        if (isSent) return;
        isSent = true;
        if (this.#batch === batch) this.#batch = undefined;
        if (keys.size > 0) this.#send(keys).then(resolve, reject);
      };
    });
    // Each reader of the batch hears of a fault; here is nobody who would.
    settled.catch(() => {});
    const batch: Batch = { keys, settled, send };
    return batch;
  }

  async #send(keys: ReadonlySet<string>): Promise<Reply> {
    const marked = new Set<string>();
    const settled = this.#ask(keys, marked);
    const flight: Flight = { keys, marked, over: settled.catch(() => undefined) };
    this.#flights.add(flight);
    try {
      return await settled;
    } finally {
      this.#flights.delete(flight);
    }
  }

  async #ask(keys: ReadonlySet<string>, marked: ReadonlySet<string>): Promise<Reply> {
    const { clock, lease, link } = this.#parts;
    const epoch = lease.lastEpoch;
    if (epoch === undefined) {
      throw new Fault("overloaded", "This proxy has not reached the master yet.", { retryAfterMs: RETRY_AFTER_MS });
    }
    const sentMs = clock.monotonicMs();
    this.#spacing.sending(keys, sentMs);
    const proxyId = lease.running()?.proxyId ?? null;
    try {
      const { filled } = await link.fill({ epoch, proxyId, keys: [...keys] });
      for (const one of filled) this.#take(one, { sentMs, proxyId, marked });
      return { epoch, entries: new Map(filled.map(({ entry }) => [entry.key, entry])) };
    } catch (error) {
      const fault = faultOf(error);
      if (fault.code === "epoch_changed") lease.reregister(epoch);
      throw fault;
    }
  }

  #take(filled: Filled, sent: { sentMs: number; proxyId: string | null; marked: ReadonlySet<string> }): void {
    const { cache, lease } = this.#parts;
    const { entry, grant } = filled;
    if (grant === null) {
      this.#spacing.ungranted(entry.key, sent.sentMs);
      return;
    }
    this.#spacing.granted(entry.key);
    if (sent.marked.has(entry.key) || lease.running()?.proxyId !== sent.proxyId) return;
    cache().keep({ entry, grant }, sent.sentMs);
  }
}

/** A master that does not answer, or does not know this proxy yet, is no news for readers: they come again (P12). */
function forReaders(fault: Fault): Fault {
  if (fault.code !== "upstream_unavailable" && fault.code !== "epoch_changed") return fault;
  return new Fault("overloaded", `The master cannot be asked just now. ${fault.message}`, {
    retryAfterMs: RETRY_AFTER_MS,
  });
}
