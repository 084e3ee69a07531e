import type { Clock } from "../shared/ports/clock.js";
import type { Entry } from "../shared/protocol/entries.js";

const KEPT_MS = 5_000;

/**
 * The list of the proxies, kept for some seconds: clients ask for it often, it is not promised to be fresh, and no round
 * tells of its changes.
 */
export class ProxyList {
  readonly #clock: Clock;
  #kept: { readonly entry: Entry; readonly knownSinceMs: number } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes note of an answer; one that came from here is none. */
  keep(entry: Entry): void {
    if (entry === this.#kept?.entry) return;
    this.#kept = { entry, knownSinceMs: this.#clock.monotonicMs() };
  }

  get(): { readonly entry: Entry; readonly knownSinceMs: number } | undefined {
    const kept = this.#kept;
    return kept !== undefined && this.#clock.monotonicMs() - kept.knownSinceMs < KEPT_MS ? kept : undefined;
  }
}
