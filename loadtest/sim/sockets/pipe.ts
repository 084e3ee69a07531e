import type { Clock } from "../../../shared/ports/clock.js";
import type { Life } from "../life.js";

interface Packet {
  readonly bytes: number;
  readonly deliver: () => void;
}

/**
 * One direction of a connection: what is sent arrives, after a while, in order, as soon as the receiving process runs;
 * or, once the pipe is cut, never. While it is stalled nothing moves, and nobody is told.
 */
export class Pipe {
  onEmpty: () => void = () => {};
  readonly #clock: Clock;
  readonly #delayMs: () => number;
  readonly #stuck: Packet[] = [];
  #lastMs = 0;
  #isStalled = false;
  #wasStalled = false;
  #isCut = false;
  #bytesUnderWay = 0;

  /** @param clock true time */
  constructor(clock: Clock, delayMs: () => number) {
    this.#clock = clock;
    this.#delayMs = delayMs;
  }

  /** Whether it ever was stalled. */
  get wasStalled(): boolean {
    return this.#wasStalled;
  }

  /** What was sent and not taken by the receiver yet. */
  get bytesUnderWay(): number {
    return this.#bytesUnderWay;
  }

  send(to: Life, bytes: number, fn: () => void): void {
    if (this.#isCut) return;
    this.#bytesUnderWay += bytes;
    const deliver = (): void => to.enter(() => this.#taken(bytes, fn));
    const nowMs = this.#clock.monotonicMs();
    this.#lastMs = Math.max(this.#lastMs, nowMs + this.#delayMs());
    this.#clock.after(this.#lastMs - nowMs, () => this.#arrive({ bytes, deliver }));
  }

  stall(): void {
    this.#isStalled = this.#wasStalled = true;
  }

  resume(): void {
    this.#isStalled = false;
    for (const { deliver } of this.#stuck.splice(0)) deliver();
  }

  /** Nothing that is under way arrives. */
  cut(): void {
    this.#isCut = true;
    this.#stuck.length = 0;
  }

  #arrive(packet: Packet): void {
    if (this.#isCut) return;
    if (this.#isStalled || this.#stuck.length > 0) this.#stuck.push(packet);
    else packet.deliver();
  }

  #taken(bytes: number, fn: () => void): void {
    this.#bytesUnderWay -= bytes;
    if (this.#isCut) return;
    fn();
    if (this.#bytesUnderWay === 0) this.onEmpty();
  }
}
