/** What can be put into a wheel; it keeps its own place, so that it can be taken out in no time. */
export interface Wheeled {
  slot: number;
}

/**
 * Items in the order in which they come due, in slots of some milliseconds: putting in, taking out and coming due cost
 * the same for ten as for 200,000 (Varghese and Lauck, SOSP 1987; scheme 5 with a map for the array).
 */
export class TimingWheel<T extends Wheeled> {
  readonly #slotMs: number;
  readonly #slots = new Map<number, Set<T>>();
  /** All slots before this one are empty. */
  #next = 0;

  constructor(slotMs: number) {
    this.#slotMs = slotMs;
  }

  get isEmpty(): boolean {
    return this.#slots.size === 0;
  }

  put(item: T, dueMs: number, nowMs: number): void {
    if (this.isEmpty) this.#next = Math.floor(nowMs / this.#slotMs);
    item.slot = Math.max(this.#next, Math.ceil(dueMs / this.#slotMs));
    const slot = this.#slots.get(item.slot);
    if (slot === undefined) this.#slots.set(item.slot, new Set([item]));
    else slot.add(item);
  }

  /** Harmless if it is not in. */
  remove(item: T): void {
    const slot = this.#slots.get(item.slot);
    if (slot?.delete(item) === true && slot.size === 0) this.#slots.delete(item.slot);
  }

  clear(): void {
    this.#slots.clear();
  }

  /** Takes out what is due, `max` at most; none of it before its time, each within one slot's length of it. */
  takeDue(nowMs: number, max: number): T[] {
    const taken: T[] = [];
    const last = Math.floor(nowMs / this.#slotMs);
    for (; this.#next <= last; this.#next += 1) {
      for (const item of this.#slots.get(this.#next) ?? []) {
        if (taken.length === max) return taken;
        this.remove(item);
        taken.push(item);
      }
    }
    return taken;
  }
}
