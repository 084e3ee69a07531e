import type { Clock } from "../shared/ports/clock.js";
import type { Log } from "../shared/ports/log.js";

const LOGGED_EVERY_MS = 5_000;

/** How far a start has come: told to whoever asks, and to the log now and then if it takes long. */
export class StartProgress {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #onProgress: (progress: string) => void;
  #loggedAtMs: number;

  constructor(parts: { clock: Clock; log: Log; onProgress?: (progress: string) => void }) {
    this.#clock = parts.clock;
    this.#log = parts.log;
    this.#onProgress = parts.onProgress ?? (() => {});
    this.#loggedAtMs = parts.clock.monotonicMs();
  }

  /** `progress`: a clause that goes on from "it". */
  tell(progress: string): void {
    this.#onProgress(progress);
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#loggedAtMs < LOGGED_EVERY_MS) return;
    this.#loggedAtMs = nowMs;
    this.#log.info({}, `The master is starting: it ${progress}.`);
  }
}
