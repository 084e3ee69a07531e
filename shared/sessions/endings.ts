import type { AttachedSession } from "../protocol/commands.js";

/**
 * Anchored sessions whose end was decided here, and which the master may not have ended yet. From the decision on
 * nothing is answered for them, no resume either (rule S2).
 */
export class Endings {
  readonly #closing = new Set<string>();
  readonly #unreported = new Map<string, AttachedSession>();

  has(sessionId: string): boolean {
    return this.#closing.has(sessionId) || this.#unreported.has(sessionId);
  }

  /** Its owner closes it: the master is told by a write. */
  async closing<T>(sessionId: string, told: () => Promise<T>): Promise<T> {
    this.#closing.add(sessionId);
    try {
      return await told();
    } finally {
      this.#closing.delete(sessionId);
    }
  }

  /** To be reported until it is confirmed. */
  add(session: AttachedSession): void {
    this.#unreported.set(session.sessionId, session);
  }

  /** What is to be reported, the oldest first. */
  list(max: number): AttachedSession[] {
    const list: AttachedSession[] = [];
    for (const session of this.#unreported.values()) {
      if (list.length === max) break;
      list.push(session);
    }
    return list;
  }

  confirmed(sessions: readonly AttachedSession[]): void {
    for (const { sessionId, attachment } of sessions) {
      if (this.#unreported.get(sessionId)?.attachment === attachment) this.#unreported.delete(sessionId);
    }
  }
}
