import type { Clock, Timer } from "../../shared/ports/clock.js";

/** Ends are rounded up to this, so that thousands share one look at the clock. */
const SLOT_MS = 250;
/** How many orphans are given up in one turn: the others wait for the next one. */
const ENDS_PER_TURN = 500;
/** Whoever was woken this much too late has not been listening (rule S5). */
const STALL_MS = 1_000;

/** Those that fall due together. Who was taken out since stands there still: that is found out when it falls due. */
interface Slot {
  readonly sessionIds: string[];
  next: number;
}

/**
 * The anchored sessions that nobody holds, and until when somebody may come for them.
 *
 * A proxy takes tens of thousands of them along when it dies, so there is one timer for all, not one for each. Who
 * falls due while the master's event loop stood still could not be heard: their time starts anew.
 */
export class Orphans {
  readonly #clock: Clock;
  readonly #graceMs: number;
  readonly #onOver: (sessionId: string) => void;
  readonly #slotOf = new Map<string, number>();
  readonly #slots = new Map<number, Slot>();
  #timer: Timer | undefined;
  #wakesAtMs = Number.POSITIVE_INFINITY;
  #stopped = false;

  /** `graceMs`: what a session has beyond its lease, and from anew after a stall. */
  constructor(parts: { clock: Clock; graceMs: number; onOver: (sessionId: string) => void }) {
    this.#clock = parts.clock;
    this.#graceMs = parts.graceMs;
    this.#onOver = parts.onOver;
  }

  get size(): number {
    return this.#slotOf.size;
  }

  /** Nobody holds the session any more: it has its lease and the grace from now on. */
  add(sessionId: string, leaseMs: number): void {
    this.#put(sessionId, leaseMs + this.#graceMs);
  }

  /** Its client is silent, but must not be called so before this time has passed. There is no grace for that. */
  addSilent(sessionId: string, forMs: number): void {
    this.#put(sessionId, forMs);
  }

  /** Somebody holds it, or it ended. */
  remove(sessionId: string): void {
    this.#slotOf.delete(sessionId);
  }

  /** Gives nobody up any more. */
  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  #put(sessionId: string, inMs: number): void {
    const at = Math.ceil((this.#clock.monotonicMs() + inMs) / SLOT_MS);
    this.#slotOf.set(sessionId, at);
    const slot = this.#slots.get(at);
    if (slot === undefined) this.#slots.set(at, { sessionIds: [sessionId], next: 0 });
    else slot.sessionIds.push(sessionId);
    this.#wakeAt(at * SLOT_MS);
  }

  #wakeAt(atMs: number): void {
    if (this.#stopped || atMs >= this.#wakesAtMs) return;
    this.#timer?.cancel();
    this.#wakesAtMs = atMs;
    this.#timer = this.#clock.after(Math.max(0, atMs - this.#clock.monotonicMs()), () => this.#wake());
  }

  #wake(): void {
    const nowMs = this.#clock.monotonicMs();
    const wasDeaf = nowMs - this.#wakesAtMs > STALL_MS;
    this.#wakesAtMs = Number.POSITIVE_INFINITY;
    for (const sessionId of this.#due(nowMs, wasDeaf ? Number.POSITIVE_INFINITY : ENDS_PER_TURN)) {
      if (wasDeaf) this.#put(sessionId, this.#graceMs);
      else if (this.#slotOf.delete(sessionId)) this.#onOver(sessionId);
    }
    const next = Math.min(...this.#slots.keys()) * SLOT_MS;
    if (Number.isFinite(next)) this.#wakeAt(Math.max(next, nowMs));
  }

  #due(nowMs: number, max: number): string[] {
    const due: string[] = [];
    const slots = [...this.#slots].filter(([at]) => at * SLOT_MS <= nowMs).sort(([a], [b]) => a - b);
    for (const [at, slot] of slots) {
      for (; slot.next < slot.sessionIds.length; slot.next += 1) {
        if (due.length === max) return due;
        const sessionId = slot.sessionIds[slot.next] as string;
        if (this.#slotOf.get(sessionId) === at) due.push(sessionId);
      }
      this.#slots.delete(at);
    }
    return due;
  }
}
