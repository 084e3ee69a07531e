import type { Clock, Timer } from "../../shared/ports/clock.js";

/** Ends are rounded up to this, so that thousands share one look at the clock. */
const SLOT_MS = 250;
/** How many orphans are given up in one turn: the others wait for the next one. */
const ENDS_PER_TURN = 500;
/** Whoever was woken this much too late has not been listening (rule S5). */
const STALL_MS = 1_000;

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
  readonly #slots = new Map<number, Set<string>>();
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
    const slot = this.#slotOf.get(sessionId);
    if (slot === undefined) return;
    this.#slotOf.delete(sessionId);
    const together = this.#slots.get(slot);
    together?.delete(sessionId);
    if (together?.size === 0) this.#slots.delete(slot);
  }

  /** Gives nobody up any more. */
  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  #put(sessionId: string, inMs: number): void {
    this.remove(sessionId);
    const slot = Math.ceil((this.#clock.monotonicMs() + inMs) / SLOT_MS);
    this.#slotOf.set(sessionId, slot);
    const together = this.#slots.get(slot);
    if (together === undefined) this.#slots.set(slot, new Set([sessionId]));
    else together.add(sessionId);
    this.#wakeAt(slot * SLOT_MS);
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
    const due = this.#due(nowMs);
    for (const sessionId of wasDeaf ? due : due.slice(0, ENDS_PER_TURN)) {
      if (wasDeaf) this.#put(sessionId, this.#graceMs);
      else {
        this.remove(sessionId);
        this.#onOver(sessionId);
      }
    }
    const next = Math.min(...this.#slots.keys()) * SLOT_MS;
    if (Number.isFinite(next)) this.#wakeAt(Math.max(next, nowMs));
  }

  #due(nowMs: number): string[] {
    const slots = [...this.#slots.keys()].filter((slot) => slot * SLOT_MS <= nowMs).sort((a, b) => a - b);
    return slots.flatMap((slot) => [...(this.#slots.get(slot) as Set<string>)]);
  }
}
