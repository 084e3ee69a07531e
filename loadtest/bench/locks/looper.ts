import type { Player, Tally } from "../shots/generating.js";
import { LockSocket } from "./lock-socket.js";

/** Who take and give back a lock each, again and again. */
export interface LooperOpen {
  readonly url: string;
  /** The users that they are, in turns: what one may have on record is bounded. */
  readonly tokens: readonly string[];
  readonly sessions: number;
}

/** A session that acquires a lock and releases it, one after the other, while there is time. */
export class Looper implements Player {
  readonly #tally: Tally;
  readonly #name: string;
  #session: LockSocket | undefined;
  #onLost: () => void = () => {};

  static async open({ url, tokens }: LooperOpen, number: number, tally: Tally): Promise<Looper> {
    const looper = new Looper(tally, `bench/loop-${number}`);
    const token = tokens[number % tokens.length] as string;
    looper.#session = await LockSocket.open(url, token, `loop-${number}`, () => {
      tally.lost += 1;
      looper.#onLost();
    });
    return looper;
  }

  private constructor(tally: Tally, name: string) {
    this.#tally = tally;
    this.#name = name;
  }

  async play(untilMs: number): Promise<void> {
    const lost = new Promise<void>((resolve) => {
      this.#onLost = resolve;
    });
    await Promise.race([lost, this.#loop(this.#session as LockSocket, untilMs)]);
  }

  async #loop(session: LockSocket, untilMs: number): Promise<void> {
    while (performance.now() < untilMs) {
      const leaseId = await this.#counted(() => session.acquire(this.#name));
      if (leaseId === undefined) return;
      await this.#counted(async () => (await session.release(this.#name, leaseId)) || undefined);
    }
  }

  /** `write` resolves with undefined if it was refused. */
  async #counted<T>(write: () => Promise<T | undefined>): Promise<T | undefined> {
    const tally = this.#tally;
    const sentMs = performance.now();
    tally.sent += 1;
    const result = await write();
    tally.answered += 1;
    tally.ms.push(performance.now() - sentMs);
    if (result === undefined) tally.refused += 1;
    return result;
  }
}
