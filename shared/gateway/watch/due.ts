import type { Clock } from "../../ports/clock.js";

/** Some milliseconds of work: KeepAlives and reads come between. */
const PER_TURN = 256;

/**
 * What is to be visited soon, each once, in the order in which it fell due, a bounded number in a turn of the event
 * loop: a change that ten thousand watch must not keep anybody else waiting until all of them have been told.
 */
export class Due<T> {
  readonly #clock: Pick<Clock, "afterTurn">;
  readonly #visit: (each: T) => void;
  readonly #due = new Set<T>();
  #scheduled = false;

  constructor(clock: Pick<Clock, "afterTurn">, visit: (each: T) => void) {
    this.#clock = clock;
    this.#visit = visit;
  }

  add(each: T): void {
    this.#due.add(each);
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#clock.afterTurn(() => this.#turn());
  }

  #turn(): void {
    let left = PER_TURN;
    for (const each of this.#due) {
      this.#due.delete(each);
      this.#visit(each);
      left -= 1;
      if (left === 0) break;
    }
    this.#scheduled = this.#due.size > 0;
    if (this.#scheduled) this.#clock.afterTurn(() => this.#turn());
  }
}
