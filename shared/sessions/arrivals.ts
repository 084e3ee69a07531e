import type { Grant } from "../protocol/link.js";

/** A session on its way here: the write that attaches it is under way. */
export interface Arrival {
  /** Granted to it meanwhile, while it was not known here yet. */
  readonly grants: Grant[];
  /** What is attached under no newer number than this is gone again already. */
  goneUpTo: number;
  /** Settles when it is here, or will not come. Never rejects. */
  over: Promise<unknown>;
}

/**
 * What is heard of a session while it is on its way here: the answer that brings it may be overtaken by the grant of
 * what it waits for, or by the round that takes it away again.
 */
export class Arrivals {
  readonly #byId = new Map<string, Set<Arrival>>();

  async during<T>(sessionId: string, come: (arrival: Arrival) => Promise<T>): Promise<T> {
    const arrival: Arrival = { grants: [], goneUpTo: 0, over: Promise.resolve() };
    const all = this.#byId.get(sessionId) ?? new Set();
    this.#byId.set(sessionId, all.add(arrival));
    try {
      const coming = come(arrival);
      arrival.over = coming.catch(() => {});
      return await coming;
    } finally {
      all.delete(arrival);
      if (all.size === 0) this.#byId.delete(sessionId);
    }
  }

  /** To be waited for until the session is here; undefined if it is not on its way. */
  under(sessionId: string): Promise<unknown> | undefined {
    const all = this.#byId.get(sessionId);
    return all && Promise.all([...all].map(({ over }) => over));
  }

  granted(grant: Grant): void {
    for (const arrival of this.#byId.get(grant.sessionId) ?? []) arrival.grants.push(grant);
  }

  gone(sessionId: string, upTo: number): void {
    for (const arrival of this.#byId.get(sessionId) ?? []) arrival.goneUpTo = Math.max(arrival.goneUpTo, upTo);
  }
}
