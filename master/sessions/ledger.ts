import type { AttachedSession } from "../../shared/protocol/commands.js";
import type { GoneSession } from "../../shared/protocol/link.js";
import { AttachmentDigest, bucketOf } from "../../shared/sessions/digest.js";

/**
 * The answer to a write that attached a session may be lost, and nobody may ask for it again. After this time, in ms,
 * the proxy is taken to know of it: so a session that it does not hold shows, and becomes an orphan.
 */
const ANSWER_KNOWN_WITHIN_MS = 30_000;
/** How many sessions one answer to a renewal lists as gone. */
const GONE_LISTED_MAX = 1_000;

/** A change that the proxy may not know yet. */
type Untold =
  | { readonly now: number; readonly sinceMs: number }
  | { readonly now: null; readonly was: number; readonly sequence: number };

/** How far a proxy says it has come. */
export interface Progress {
  /** The newest attachment number that it knows. */
  readonly asOf: number;
  /** The newest entry of the list of gone sessions that it has followed. */
  readonly goneSeen: number;
}

/**
 * What one proxy holds by the master's book, and what it can be expected to say of that (rule S8).
 *
 * The two differ by what is on its way: an attachment counts once the proxy says that it knows of one as new, a
 * session that is gone counts until the proxy says that it has seen the list. Without this, each change would look like
 * a mistake to be mended.
 */
export class Ledger {
  /** Session -> attachment, as the proxy should say it. */
  readonly #expected = new Map<string, number>();
  readonly #digest = new AttachmentDigest();
  readonly #untold = new Map<string, Untold>();
  #gone: GoneSession[] = [];
  #sequence = 0;

  /** A commit attached the session to the proxy; the answer tells it so. */
  attach({ sessionId, attachment }: AttachedSession, nowMs: number): void {
    this.#untold.set(sessionId, { now: attachment, sinceMs: nowMs });
  }

  /** The proxy says that it holds the session. */
  claimed({ sessionId, attachment }: AttachedSession): void {
    this.#untold.delete(sessionId);
    this.#expect(sessionId, attachment);
  }

  /** The proxy has let go of the session by itself. */
  dropped(sessionId: string): void {
    this.#untold.delete(sessionId);
    this.#expect(sessionId, null);
  }

  /** The session ended, or lives elsewhere: to be told to the proxy. */
  gone(sessionId: string): void {
    const attachment = this.attachmentOf(sessionId);
    if (attachment === undefined) return;
    this.tell({ sessionId, attachment });
    if (this.#expected.has(sessionId)) {
      this.#untold.set(sessionId, { now: null, was: attachment, sequence: this.#sequence });
    } else this.#untold.delete(sessionId);
  }

  /** Lists a session as gone, up to this attachment, in the answers to renewals, until the proxy has seen it (rule L4). */
  tell(session: AttachedSession): void {
    this.#gone.push({ ...session, sequence: ++this.#sequence });
  }

  /** Whether the proxy has not said yet that it has seen that the session is gone. */
  isUnheard(sessionId: string): boolean {
    return this.#gone.some((gone) => gone.sessionId === sessionId);
  }

  /** Under which number the proxy holds the session; undefined if it does not. */
  attachmentOf(sessionId: string): number | undefined {
    const untold = this.#untold.get(sessionId);
    return untold === undefined ? this.#expected.get(sessionId) : (untold.now ?? undefined);
  }

  /** The sessions that it holds. */
  *sessionIds(): Iterable<string> {
    for (const sessionId of this.#expected.keys()) if (!this.#untold.has(sessionId)) yield sessionId;
    for (const [sessionId, { now }] of this.#untold) if (now !== null) yield sessionId;
  }

  /** What the proxy has heard of by now changes what it is expected to say. */
  confirm({ asOf, goneSeen }: Progress, nowMs: number): void {
    for (const [sessionId, untold] of this.#untold) {
      const isKnown =
        untold.now === null
          ? untold.sequence <= goneSeen
          : untold.now <= asOf || nowMs - untold.sinceMs > ANSWER_KNOWN_WITHIN_MS;
      if (!isKnown) continue;
      this.#untold.delete(sessionId);
      this.#expect(sessionId, untold.now);
    }
    const seen = this.#gone.findIndex(({ sequence }) => sequence > goneSeen);
    this.#gone = seen === -1 ? [] : this.#gone.slice(seen);
  }

  /** What the proxy has not said yet that it has seen, oldest first. */
  goneList(): GoneSession[] {
    return this.#gone.slice(0, GONE_LISTED_MAX);
  }

  /** Count and digest that the proxy should report. */
  expected(): { readonly count: number; readonly digest: string } {
    return { count: this.#digest.count, digest: this.#digest.digest() };
  }

  expectedBuckets(): string[] {
    return this.#digest.buckets();
  }

  /** The sessions that the proxy should list in these buckets, with their attachment numbers. */
  expectedIn(buckets: ReadonlySet<number>): Map<string, number> {
    return new Map([...this.#expected].filter(([sessionId]) => buckets.has(bucketOf(sessionId))));
  }

  #expect(sessionId: string, attachment: number | null): void {
    const before = this.#expected.get(sessionId);
    if (before !== undefined) this.#digest.remove({ sessionId, attachment: before });
    if (attachment === null) {
      this.#expected.delete(sessionId);
      return;
    }
    this.#expected.set(sessionId, attachment);
    this.#digest.add({ sessionId, attachment });
  }
}
