import { LRUCache } from "lru-cache";
import { parseKey } from "../shared/protocol/keys.js";

const ROUNDS_REMEMBERED = 10_000;

/**
 * Rounds on sessions: the session ended, or moved, by its owner's will at another door, and nobody may answer for it
 * here any more when the round is acked (rule S6).
 *
 * A round may come twice, and the second time the session may have been resumed here meanwhile: so it is dropped only by
 * a round that is newer than the last one on it.
 */
export class SessionRounds {
  readonly #drop: (sessionId: string, upTo: number) => void;
  readonly #taken = new LRUCache<string, number>({ max: ROUNDS_REMEMBERED });
  #proxyId: string | undefined;

  constructor(drop: (sessionId: string, upTo: number) => void) {
    this.#drop = drop;
  }

  /**
   * Drops the sessions that a round names, which this proxy owes under this id: as they were attached when the round was
   * opened, at this revision. What is attached later stands behind the round in the session's queue at the master, and is
   * not meant.
   */
  take(proxyId: string, round: number, keys: readonly string[], revision: number): void {
    if (proxyId !== this.#proxyId) this.#taken.clear();
    this.#proxyId = proxyId;
    for (const key of keys) {
      const parsed = parseKey(key);
      if (parsed?.kind !== "session" || (this.#taken.get(parsed.rest) ?? 0) >= round) continue;
      this.#taken.set(parsed.rest, round);
      this.#drop(parsed.rest, revision);
    }
  }
}
