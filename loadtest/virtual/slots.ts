import { hash } from "node:crypto";
import type { AttachedSession } from "../../shared/protocol/commands.js";
import type { SessionDigest } from "../../shared/protocol/link.js";
import { AttachmentDigest } from "../../shared/sessions/digest.js";

const ID_DIGITS = 32;

/**
 * The anchored sessions of one virtual proxy: a slot for each, with how often it was used and under which number its
 * session is attached. Twelve bytes a session; all else of it follows from its slot.
 */
export class Slots {
  readonly #name: string;
  readonly #uses: Uint32Array;
  /** 0: none is anchored. */
  readonly #attachments: Float64Array;
  readonly #digest = new AttachmentDigest();
  #asOf = 0;
  /** All that are anchored, once asked for and while it is true: to make the ids takes long enough to be late with them. */
  #attached: AttachedSession[] | undefined;

  /** The name is to be the cell's only one of its kind: ids are made from it. */
  constructor(name: string, count: number) {
    this.#name = name;
    this.#uses = new Uint32Array(count);
    this.#attachments = new Float64Array(count);
  }

  get length(): number {
    return this.#uses.length;
  }

  /** How many are anchored. */
  get anchored(): number {
    return this.#digest.count;
  }

  /** As unlike the ids of other slots, and uses, as chance would have it. */
  sessionId(slot: number): string {
    return hash("sha256", this.#labelOf(slot), "hex").slice(0, ID_DIGITS);
  }

  secretHash(slot: number): string {
    return hash("sha256", `secret of ${this.#labelOf(slot)}`, "hex");
  }

  /** A lock that no other session asks for. */
  lockName(slot: number): string {
    return `virtual/${this.#labelOf(slot)}`;
  }

  attach(slot: number, attachment: number): void {
    this.#attachments[slot] = attachment;
    this.#attached = undefined;
    this.#digest.add({ sessionId: this.sessionId(slot), attachment });
    this.#asOf = Math.max(this.#asOf, attachment);
  }

  /** Lets go of the slot's session: the next one there is another. Undefined if there was none. */
  release(slot: number): AttachedSession | undefined {
    const attachment = this.#attachments[slot] as number;
    if (attachment === 0) return undefined;
    const session = { sessionId: this.sessionId(slot), attachment };
    this.#digest.remove(session);
    this.#attachments[slot] = 0;
    this.#attached = undefined;
    this.#uses[slot] = (this.#uses[slot] as number) + 1;
    return session;
  }

  /** All that are anchored. */
  attached(): AttachedSession[] {
    this.#attached ??= this.#allAttached();
    return this.#attached;
  }

  #allAttached(): AttachedSession[] {
    const all: AttachedSession[] = [];
    this.#attachments.forEach((attachment, slot) => {
      if (attachment > 0) all.push({ sessionId: this.sessionId(slot), attachment });
    });
    return all;
  }

  /** What a renewal says of them (rule S8). */
  digest(): SessionDigest {
    return { count: this.#digest.count, digest: this.#digest.digest(), asOf: this.#asOf };
  }

  #labelOf(slot: number): string {
    return `${this.#name}/${slot}-${this.#uses[slot]}`;
  }
}
