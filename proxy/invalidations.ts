import type { Bus, Subscription } from "../shared/ports/bus.js";
import type { Clock } from "../shared/ports/clock.js";
import { type AckMessage, type EventMessage, type RoundMessage, readEvent, readRound } from "../shared/protocol/bus.js";
import type { OwedRound } from "../shared/protocol/link.js";
import type { Cache } from "./cache.js";
import type { ProxyFeed } from "./feed.js";
import type { Fills } from "./fills.js";
import type { ProxyLease } from "./lease.js";
import { SessionRounds } from "./session-rounds.js";

export interface InvalidationParts {
  readonly clock: Clock;
  readonly bus: Bus;
  readonly lease: ProxyLease;
  readonly cache: () => Cache;
  readonly fills: Fills;
  readonly feed: ProxyFeed;
  /** A session is not to be answered for any more (rule S6), if it was attached under no newer number than this. */
  readonly dropSession: (sessionId: string, upTo: number) => void;
  readonly onRound: () => void;
  readonly onRefresh: () => void;
}

/**
 * The proxy's side of coherence: rounds come in, acks go out, events refresh what the rounds dropped.
 *
 * Rounds come on the bus, or, if the bus lost them, on the answers to renewals; either may come twice or
 * late. That is harmless: entries and tombstones keep the number under which they came, and a round that is
 * not above it changes nothing (rule R5).
 */
export class Invalidations {
  readonly #parts: InvalidationParts;
  readonly #subscriptions: readonly Subscription[];
  readonly #sessionRounds: SessionRounds;
  #newestRound = 0;
  #newestEpoch = 0;

  constructor(parts: InvalidationParts) {
    this.#parts = parts;
    this.#sessionRounds = new SessionRounds(parts.dropSession);
    this.#subscriptions = [
      parts.bus.subscribe("rounds", (text) => {
        const message = readRound(text);
        if (message !== undefined) this.#heard(message);
      }),
      parts.bus.subscribe("events", (text) => {
        const message = readEvent(text);
        if (message === undefined) return;
        this.#refresh(message);
        parts.feed.heard(message);
      }),
    ];
  }

  /** Rounds that an answer to a renewal named. */
  owed(rounds: readonly OwedRound[]): void {
    for (const { round, keys, revision } of rounds) this.#take(round, keys, revision);
  }

  stop(): void {
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
  }

  #heard(message: RoundMessage): void {
    const held = this.#parts.lease.running();
    if (held === undefined || message.epoch < held.epoch) return;
    if (message.epoch > held.epoch) {
      this.#parts.lease.reregister(held.epoch);
      return;
    }
    if (this.#missedSome(message)) this.#parts.lease.renewNow();
    if (message.proxies.includes(held.proxyId)) this.#take(message.round, message.keys, message.revision);
  }

  /** Whether the bus lost a round before this one, which may wait for us. */
  #missedSome({ epoch, round, previous }: RoundMessage): boolean {
    const isGap = epoch === this.#newestEpoch && previous > this.#newestRound;
    this.#newestRound = epoch === this.#newestEpoch ? Math.max(this.#newestRound, round) : round;
    this.#newestEpoch = epoch;
    return isGap;
  }

  #take(round: number, keys: readonly string[], revision: number): void {
    const { clock, bus, lease, cache, fills, onRound } = this.#parts;
    const held = lease.running();
    if (held === undefined) return;
    onRound();
    const nowMs = clock.monotonicMs();
    this.#sessionRounds.take(held.proxyId, round, keys, revision);
    for (const key of keys) fills.mark(key);
    const had = keys.filter((key) => cache().invalidate(key, round, nowMs));
    const ack = { round, had };
    lease.acked(ack);
    const message: AckMessage = { epoch: held.epoch, proxyId: held.proxyId, ack };
    bus.publish("acks", JSON.stringify(message));
  }

  #refresh(message: EventMessage): void {
    const held = this.#parts.lease.running();
    if (held === undefined || message.epoch !== held.epoch) return;
    const nowMs = this.#parts.clock.monotonicMs();
    const entries = new Map(
      message.commits.flatMap(({ changes }) => changes.map(({ entry }) => [entry.key, entry] as const)),
    );
    for (const { key, round, proxies } of message.refreshes) {
      const entry = entries.get(key);
      if (entry === undefined || !proxies.includes(held.proxyId)) continue;
      if (this.#parts.cache().refresh(entry, round, nowMs)) this.#parts.onRefresh();
    }
  }
}
