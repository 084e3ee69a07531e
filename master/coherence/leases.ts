import { LRUCache } from "lru-cache";
import type { Clock, Timer } from "../../shared/ports/clock.js";
import { LIMITS } from "../../shared/protocol/limits.js";

/** A proxy that the master counts on. */
export interface ProxyLease {
  readonly proxyId: string;
  readonly name: string;
  readonly url: string;
  readonly zone: string;
  /** Random, one for each process of a proxy. */
  readonly process: string;
}

interface Held extends ProxyLease {
  untilMs: number;
}

/** What must happen in the very turn in which a lease ends. */
type OnEnd = (lease: ProxyLease) => void;

const PROCESSES_REMEMBERED = 10_000;

/**
 * The proxies' leases, as the master counts them.
 *
 * A lease that has run out by the master's clock is dead, whether or not anybody waited for it (rule L1):
 * each use asks the clock first, and the timer is there only to wake those who wait. A proxyId that has
 * ended is never alive again, in this epoch or another.
 */
export class ProxyLeases {
  readonly #clock: Clock;
  readonly #onEnd: OnEnd;
  readonly #leases = new Map<string, Held>();
  /** Process -> its newest attempt to register. */
  readonly #attempts = new LRUCache<string, number>({ max: PROCESSES_REMEMBERED });
  #timer: Timer | undefined;
  #counter = 0;

  constructor(clock: Clock, onEnd: OnEnd) {
    this.#clock = clock;
    this.#onEnd = onEnd;
  }

  /** Whether this is the newest registration of its process so far (rule L2); notes it if it is. */
  isNewestAttempt(process: string, attempt: number): boolean {
    if (attempt <= (this.#attempts.get(process) ?? 0)) return false;
    this.#attempts.set(process, attempt);
    return true;
  }

  /** A lease of full length, under a proxyId that never was. */
  open(epoch: number, proxy: Omit<ProxyLease, "proxyId">): ProxyLease {
    const proxyId = `${epoch}-${++this.#counter}`;
    const lease: Held = { ...proxy, proxyId, untilMs: this.#clock.monotonicMs() + LIMITS.proxyLeaseMs };
    this.#leases.set(proxyId, lease);
    this.#wakeForNext();
    return lease;
  }

  /** Whether the lease runs at this instant. One found to have run out is ended for good. */
  isRunning(proxyId: string): boolean {
    const lease = this.#leases.get(proxyId);
    if (lease === undefined) return false;
    if (lease.untilMs > this.#clock.monotonicMs()) return true;
    this.end(proxyId);
    return false;
  }

  /**
   * Prolongs a running lease to a full length from now, but not beyond `notBeyondMs` (rule L3), and never
   * shortens it. Returns how long it runs from now, in ms.
   */
  prolong(proxyId: string, notBeyondMs: number): number {
    const lease = this.#leases.get(proxyId) as Held;
    const nowMs = this.#clock.monotonicMs();
    lease.untilMs = Math.max(lease.untilMs, Math.min(nowMs + LIMITS.proxyLeaseMs, notBeyondMs));
    return lease.untilMs - nowMs;
  }

  /** Whether two leases are of one process, which counts on the newer one alone: the answer with the other was lost. */
  areOfOneProcess(proxyId: string, other: string): boolean {
    const process = this.#leases.get(proxyId)?.process;
    return process !== undefined && process === this.#leases.get(other)?.process;
  }

  /** Ends a lease now. */
  end(proxyId: string): void {
    const lease = this.#leases.get(proxyId);
    if (lease === undefined) return;
    this.#leases.delete(proxyId);
    this.#onEnd(lease);
  }

  /** The leases that run. */
  running(): ProxyLease[] {
    for (const proxyId of [...this.#leases.keys()]) this.isRunning(proxyId);
    return [...this.#leases.values()];
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #wakeForNext(): void {
    this.#timer?.cancel();
    if (this.#leases.size === 0) return;
    const nextMs = Math.min(...[...this.#leases.values()].map((lease) => lease.untilMs));
    this.#timer = this.#clock.after(Math.max(0, nextMs - this.#clock.monotonicMs()), () => {
      this.running();
      this.#wakeForNext();
    });
  }
}
