import { hash } from "node:crypto";
import type { AttachedSession } from "../protocol/commands.js";

const BUCKETS = 256;

/** The bucket of a session: the first byte of its id (rule S8). */
export const bucketOf = (sessionId: string): number => Number.parseInt(sessionId.slice(0, 2), 16);

/**
 * Count and order-free hash of a set of attached sessions (rule S8): the XOR of a 64-bit hash of each id with its
 * attachment number, as a whole and for each first byte of the ids. Holder and master both keep one, and compare.
 * A session must be taken out under the very number under which it was put in.
 */
export class AttachmentDigest {
  /** Two words for each bucket. */
  readonly #words = new Uint32Array(2 * BUCKETS);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(session: AttachedSession): void {
    this.#count += 1;
    this.#mix(session);
  }

  remove(session: AttachedSession): void {
    this.#count -= 1;
    this.#mix(session);
  }

  /** Of all sessions, as 16 hex digits. */
  digest(): string {
    let high = 0;
    let low = 0;
    for (let at = 0; at < this.#words.length; at += 2) {
      high ^= this.#words[at] as number;
      low ^= this.#words[at + 1] as number;
    }
    return hex(high, low);
  }

  /** Of the sessions of each bucket. */
  buckets(): string[] {
    return Array.from({ length: BUCKETS }, (_, bucket) =>
      hex(this.#words[2 * bucket] as number, this.#words[2 * bucket + 1] as number),
    );
  }

  #mix({ sessionId, attachment }: AttachedSession): void {
    const digits = hash("sha256", `${sessionId}/${attachment}`, "hex");
    const at = 2 * bucketOf(sessionId);
    this.#words[at] = (this.#words[at] as number) ^ Number.parseInt(digits.slice(0, 8), 16);
    this.#words[at + 1] = (this.#words[at + 1] as number) ^ Number.parseInt(digits.slice(8, 16), 16);
  }
}

const word = (value: number): string => (value >>> 0).toString(16).padStart(8, "0");
const hex = (high: number, low: number): string => word(high) + word(low);
