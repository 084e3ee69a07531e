import type { Clock } from "../../../shared/ports/clock.js";

/** How soon whatever a client has under way is over, once it is closed. */
const OVER_WITHIN_MS = 50;

/** What a program has asked of the client library and was not told yet. */
export class UnderWay {
  readonly #clock: Pick<Clock, "after">;
  readonly #onLate: (what: string) => void;
  readonly #calls = new Map<symbol, string>();

  /** @param onLate is told of each call that has not settled though its client was closed */
  constructor(clock: Pick<Clock, "after">, onLate: (what: string) => void) {
    this.#clock = clock;
    this.#onLate = onLate;
  }

  async settling<T>(what: string, calling: Promise<T>): Promise<T> {
    const call = Symbol(what);
    this.#calls.set(call, what);
    try {
      return await calling;
    } finally {
      this.#calls.delete(call);
    }
  }

  /** A client is being closed: that leaves nobody waiting. */
  endsWith(closing: Promise<void>): void {
    const calls = [...this.#calls];
    const look = (): void => {
      for (const [call, what] of calls) if (this.#calls.has(call)) this.#onLate(what);
    };
    closing.then(
      () => void this.#clock.after(OVER_WITHIN_MS, look),
      () => {},
    );
  }
}
