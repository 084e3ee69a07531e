import { TIMING } from "../base/timing.js";
import type { Clock, Timer } from "../ports/clock.js";

export interface PulseListener {
  /** Nothing was heard, or said, for a while: ask for a sign of life. */
  onQuiet(): void;
  /** None came in time: the peer may be dead, or cut off from the master and slow. */
  onSuspect(): void;
  /** None came for very long. */
  onDead(): void;
}

/**
 * Whether the other end of a socket lives. TCP tells of a peer that is gone without a word only after many minutes,
 * and a browser can send no ping; so a request is sent that is always answered, and anything heard counts.
 *
 * The other way round, a gateway closes whoever says nothing for very long, as one who only watches may, and hears much.
 *
 * A timer that fires late tells of a stall on our side: what was said meanwhile lies unread in the socket, and the peer
 * gets its time once more.
 */
export class Pulse {
  readonly #clock: Clock;
  readonly #listener: PulseListener;
  #heardMs: number;
  /** When something was asked last, as far as this hears of it. */
  #askedMs: number;
  #deadlineMs = Number.POSITIVE_INFINITY;
  #wakeMs = 0;
  #suspect = false;
  #timer: Timer | undefined;
  #stopped = false;

  constructor(clock: Clock, listener: PulseListener) {
    this.#clock = clock;
    this.#listener = listener;
    this.#heardMs = this.#askedMs = clock.monotonicMs();
    this.#sleep();
  }

  heard(): void {
    this.#heardMs = this.#clock.monotonicMs();
    this.#deadlineMs = Number.POSITIVE_INFINITY;
    this.#suspect = false;
  }

  /** Something was asked that is answered at once: the peer is suspect if it says nothing within `withinMs`. */
  expect(withinMs: number): void {
    this.#askedMs = this.#clock.monotonicMs();
    if (this.#suspect) return;
    this.#deadlineMs = Math.min(this.#deadlineMs, this.#askedMs + withinMs);
    if (this.#deadlineMs < this.#wakeMs) this.#sleep();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  #sleep(): void {
    this.#timer?.cancel();
    if (this.#stopped) return;
    const nowMs = this.#clock.monotonicMs();
    const quietMs = this.#deadlineMs === Number.POSITIVE_INFINITY ? this.#heardMs + TIMING.quietMs : this.#deadlineMs;
    this.#wakeMs = Math.max(nowMs, Math.min(this.#deadlineMs, quietMs));
    this.#timer = this.#clock.after(this.#wakeMs - nowMs, () => this.#wake());
  }

  #wake(): void {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#wakeMs > TIMING.stallMs) {
      this.#deadlineMs = Number.POSITIVE_INFINITY;
      this.#ask();
    } else if (nowMs >= this.#deadlineMs) {
      this.#miss(nowMs);
    } else if (nowMs - this.#heardMs >= TIMING.quietMs || nowMs - this.#askedMs >= TIMING.muteMs) {
      this.#ask();
    }
    this.#sleep();
  }

  #ask(): void {
    this.#listener.onQuiet();
    this.#askedMs = this.#clock.monotonicMs();
    this.#deadlineMs = Math.min(this.#deadlineMs, this.#askedMs + TIMING.silenceMs);
  }

  #miss(nowMs: number): void {
    if (this.#suspect) {
      this.stop();
      this.#listener.onDead();
      return;
    }
    this.#suspect = true;
    this.#deadlineMs = nowMs + TIMING.deadMs;
    this.#listener.onSuspect();
  }
}
