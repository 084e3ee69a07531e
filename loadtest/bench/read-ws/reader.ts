import { LeanSocket } from "../../driver/lean-socket.js";
import type { Player, Tally } from "../shots/generating.js";

/** Sockets that read one lock, again and again. */
export interface ReadersOpen {
  readonly url: string;
  /** Null at the floor. */
  readonly token: string | null;
  readonly name: string;
  readonly connections: number;
  /** Requests of each that are under way at a time. */
  readonly inFlight: number;
}

/** Ids of two digits, so that all requests, and all answers, have the same length. */
const FIRST_ID = 10;
const IDS = 90;

/** Reads a lock over a socket of its own, so many requests at a time. Those that are due in one turn leave together. */
export class Reader implements Player {
  readonly #tally: Tally;
  readonly #inFlight: number;
  readonly #requests: readonly string[];
  /** When those were sent that are under way, in order. */
  readonly #sentMs: number[] = [];
  #socket: LeanSocket | undefined;
  #due = 0;
  #next = 0;
  #untilMs = 0;
  #onText: (text: string) => void = () => {};
  #onDone: () => void = () => {};

  static async open(of: ReadersOpen, tally: Tally): Promise<Reader> {
    const reader = new Reader(of, tally);
    reader.#socket = await LeanSocket.open(of.url, "127.0.0.1", {
      onText: (text) => reader.#onText(text),
      onClose: () => {
        tally.lost += 1;
        reader.#onDone();
      },
    });
    if (of.token !== null) await reader.#hello(of.token);
    reader.#onText = (text) => reader.#take(text);
    return reader;
  }

  private constructor({ name, inFlight }: ReadersOpen, tally: Tally) {
    this.#tally = tally;
    this.#inFlight = inFlight;
    const ids = Array.from({ length: IDS }, (_, at) => FIRST_ID + at);
    this.#requests = ids.map((id) => JSON.stringify({ type: "status", id, name }));
  }

  play(untilMs: number): Promise<void> {
    this.#untilMs = untilMs;
    this.#send(this.#inFlight);
    return new Promise((resolve) => {
      this.#onDone = resolve;
    });
  }

  #hello(token: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#onText = (text) => {
        if (text.startsWith('{"type":"welcome"')) resolve();
        else reject(new Error(`a reader was refused: ${text}`));
      };
      this.#socket?.send(JSON.stringify({ type: "hello", id: 0, token }));
    });
  }

  #take(text: string): void {
    const tally = this.#tally;
    tally.answered += 1;
    if (!text.startsWith('{"type":"status"')) tally.refused += 1;
    tally.ms.push(performance.now() - (this.#sentMs.shift() as number));
    if (this.#due === 0) queueMicrotask(() => this.#goOn());
    this.#due += 1;
  }

  #goOn(): void {
    const due = this.#due;
    this.#due = 0;
    if (performance.now() < this.#untilMs) this.#send(due);
    else if (this.#sentMs.length === 0) this.#onDone();
  }

  #send(count: number): void {
    const texts: string[] = [];
    const nowMs = performance.now();
    while (texts.length < count) {
      texts.push(this.#requests[this.#next] as string);
      this.#sentMs.push(nowMs);
      this.#next = (this.#next + 1) % IDS;
    }
    this.#tally.sent += count;
    this.#socket?.sendAll(texts);
  }
}
