import type { Clock } from "../../shared/ports/clock.js";
import { Fault } from "../../shared/protocol/errors.js";

/** A lease counts from before it was asked for, and the proxy listens for two seconds; some went before this. */
const WAIT_MS = 500;
const RETRY_AFTER_MS = 1_000;

interface Waiting {
  readonly sinceMs: number;
  readonly admit: () => void;
  readonly refuse: (fault: Fault) => void;
}

/**
 * Lets those who ask work one after the other, each in a turn of its own, and leaves everybody else as much time in
 * between as that took.
 *
 * When a master comes back, all proxies register at once, each with ten thousand sessions or more: seconds of work. Done
 * in the order in which it arrives, renewals would wait behind it, those who have registered would lose their leases
 * again, and come back with as much work, for ever. And what the others send arrives the sooner the more often somebody
 * looks. Who waits too long is told to come again, while it still listens.
 */
export class OneATurn {
  readonly #clock: Clock;
  #waiting: Waiting[] = [];
  #isOn = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves when it is the asker's turn. @throws Fault overloaded */
  next(): Promise<void> {
    return new Promise((admit, refuse) => {
      this.#waiting.push({ sinceMs: this.#clock.monotonicMs(), admit, refuse });
      if (this.#isOn) return;
      this.#isOn = true;
      this.#clock.afterTurn(() => this.#turn());
    });
  }

  #turn(): void {
    const beganMs = this.#clock.monotonicMs();
    const isLate = ({ sinceMs }: Waiting): boolean => beganMs - sinceMs > WAIT_MS;
    for (const { refuse } of this.#waiting.filter(isLate)) refuse(overloaded());
    this.#waiting = this.#waiting.filter((one) => !isLate(one));
    const first = this.#waiting.shift();
    this.#isOn = first !== undefined;
    first?.admit();
    if (this.#isOn) this.#clock.afterTurn(() => this.#rest(this.#clock.monotonicMs() - beganMs));
  }

  #rest(forMs: number): void {
    this.#clock.after(forMs, () => this.#turn());
  }
}

const overloaded = (): Fault =>
  new Fault("overloaded", "Too many proxies register at this instant; come again.", { retryAfterMs: RETRY_AFTER_MS });
