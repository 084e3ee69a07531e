import type { AttachedSession } from "../protocol/commands.js";
import type { SessionDigest } from "../protocol/link.js";
import { AttachmentDigest, bucketOf } from "./digest.js";
import type { HeldSession } from "./held-session.js";

/** What the master wants to know of the anchored sessions. */
export type Wanted = "digest" | "buckets" | readonly number[];

/** The sessions that are held here, and what they add up to. */
export class SessionTable {
  readonly #sessions = new Map<string, HeldSession>();
  readonly #digest = new AttachmentDigest();
  #asOf = 0;

  get size(): number {
    return this.#sessions.size;
  }

  get anchored(): number {
    return this.#digest.count;
  }

  get(sessionId: string): HeldSession | undefined {
    return this.#sessions.get(sessionId);
  }

  add(session: HeldSession): void {
    this.#sessions.set(session.sessionId, session);
  }

  /** Holds it under this number from now on. */
  attach(session: HeldSession, attachment: number): void {
    const { sessionId } = session;
    if (session.attachment !== null) this.#digest.remove({ sessionId, attachment: session.attachment });
    session.attachment = attachment;
    this.#digest.add({ sessionId, attachment });
    this.#asOf = Math.max(this.#asOf, attachment);
  }

  remove({ sessionId, attachment }: HeldSession): void {
    if (this.#sessions.delete(sessionId) && attachment !== null) this.#digest.remove({ sessionId, attachment });
  }

  /** All that are anchored. */
  attached(): AttachedSession[] {
    const all: AttachedSession[] = [];
    for (const { sessionId, attachment } of this.#sessions.values()) {
      if (attachment !== null) all.push({ sessionId, attachment });
    }
    return all;
  }

  /** Count and digest, and what is wanted beside (rule S8). */
  digest(wanted: Wanted): SessionDigest {
    const digest = { count: this.#digest.count, digest: this.#digest.digest(), asOf: this.#asOf };
    if (wanted === "digest") return digest;
    if (wanted === "buckets") return { ...digest, buckets: this.#digest.buckets() };
    const lists = new Map<number, AttachedSession[]>(wanted.map((bucket) => [bucket, []]));
    for (const session of this.attached()) lists.get(bucketOf(session.sessionId))?.push(session);
    return { ...digest, lists: [...lists].map(([bucket, sessions]) => ({ bucket, sessions })) };
  }
}
