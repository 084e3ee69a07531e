import type { Socket } from "node:net";
import type { Clock, Timer } from "../../shared/ports/clock.js";
import type { Random } from "../../shared/ports/random.js";

/** What happens to the bytes that go one way. */
export interface LaneFault {
  /** Each piece waits so long before it goes on, in order. */
  readonly delayMs?: { readonly min: number; readonly max: number };
  readonly bytesPerS?: number;
  /** Nothing goes on; what comes waits, and the sender's window fills up. */
  readonly holds?: boolean;
  /** What comes is thrown away. */
  readonly drops?: boolean;
}

export const SOUND: LaneFault = {};

/** Beyond this the sender is made to wait, as by a network that takes no more. */
const QUEUE_BYTES_MAX = 256 * 1024;
/** A slow line hands on a little at a time. */
const SLICES_PER_S = 20;

interface Piece {
  readonly data: Buffer | "end";
  readonly dueMs: number;
}

/** One direction of one connection: takes bytes from one socket to the other, as well as its fault lets it. */
export class Lane {
  readonly #parts: { clock: Clock; random: Random; from: Socket; to: Socket };
  #fault: LaneFault;
  #queue: Piece[] = [];
  #queuedBytes = 0;
  /** Nothing is handed on before. */
  #freeMs = 0;
  #timer: Timer | undefined;
  #isFull = false;
  #hasLost = false;

  constructor(parts: { clock: Clock; random: Random; from: Socket; to: Socket }, fault: LaneFault) {
    this.#parts = parts;
    this.#fault = fault;
    parts.from.on("data", (data: Buffer) => this.#take(data));
    parts.from.on("end", () => this.#take("end"));
    parts.to.on("drain", () => {
      this.#isFull = false;
      this.#pump();
    });
  }

  /** Whether bytes were thrown away: what comes after them makes no sense any more. */
  get hasLost(): boolean {
    return this.#hasLost;
  }

  set fault(fault: LaneFault) {
    this.#fault = fault;
    this.#freeMs = 0;
    this.#pump();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#queue = [];
  }

  #take(data: Buffer | "end"): void {
    const { clock, random, from } = this.#parts;
    if (this.#fault.drops === true || this.#hasLost) {
      this.#hasLost = true;
      return;
    }
    const { min, max } = this.#fault.delayMs ?? { min: 0, max: 0 };
    const dueMs = Math.max(clock.monotonicMs() + min + random.fraction() * (max - min), this.#queue.at(-1)?.dueMs ?? 0);
    for (const piece of this.#slices(data)) {
      this.#queue.push({ data: piece, dueMs });
      this.#queuedBytes += piece.length;
    }
    if (this.#queuedBytes > QUEUE_BYTES_MAX) from.pause();
    this.#pump();
  }

  #slices(data: Buffer | "end"): (Buffer | "end")[] {
    const { bytesPerS } = this.#fault;
    if (data === "end" || bytesPerS === undefined) return [data];
    const size = Math.max(1, Math.floor(bytesPerS / SLICES_PER_S));
    return Array.from({ length: Math.ceil(data.length / size) }, (_, i) => data.subarray(i * size, (i + 1) * size));
  }

  /** Hands on what is due, and comes back for the rest. */
  #pump(): void {
    const { clock, from, to } = this.#parts;
    this.#timer?.cancel();
    while (this.#queue.length > 0 && !this.#isFull && this.#fault.holds !== true) {
      const nowMs = clock.monotonicMs();
      const { data, dueMs } = this.#queue[0] as Piece;
      const waitMs = Math.max(dueMs, this.#freeMs) - nowMs;
      if (waitMs > 0) {
        this.#timer = clock.after(waitMs, () => this.#pump());
        return;
      }
      this.#queue.shift();
      this.#queuedBytes -= data.length;
      if (data === "end") to.end();
      else this.#isFull = !to.write(data);
      const { bytesPerS } = this.#fault;
      if (bytesPerS !== undefined) this.#freeMs = nowMs + (data.length / bytesPerS) * 1_000;
    }
    if (this.#queuedBytes <= QUEUE_BYTES_MAX) from.resume();
  }
}
