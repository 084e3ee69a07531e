import autocannon, { type Result, type Run } from "autocannon";
import { type Answer, type Get, HeldConnection } from "./held-connection.js";

const ANSWER_SECONDS = 10;
/** A run ends when it is stopped. */
const NO_END_SECONDS = 1_000_000;
/** So soon after it is stopped. */
const SAMPLE_MS = 20;

interface Door {
  readonly all: HeldConnection[];
  /** The last one used first: few are warm, and the others need not be connected. */
  readonly free: HeldConnection[];
  readonly waiting: Get[];
}

/**
 * autocannon, on a schedule that is not its own.
 *
 * Its own pacing (`overallRate`) takes whole requests a second and sends those of each second at once at its beginning;
 * its remedy for coordinated omission assumes a request every millisecond, whatever the rate. A mix has fractions of
 * a request a second at times of their own. So autocannon connects, writes, reads, parses and times out, and
 * is told what to send when; and what it counts is held against what it was told.
 */
export class HeldCannon {
  readonly #doors = new Map<string, Door>();
  readonly #run: Run;
  readonly #connections: number;
  #sent = 0;
  #answered = 0;

  /** `origins`: such as http://127.0.0.1:7201. At most so many connections to each; none is made before it is needed. */
  constructor(origins: readonly string[], connectionsEach: number) {
    for (const origin of origins) this.#doors.set(origin, { all: [], free: [], waiting: [] });
    this.#connections = this.#doors.size * connectionsEach;
    this.#run = autocannon({
      url: [...this.#doors.keys()],
      connections: this.#connections,
      duration: NO_END_SECONDS,
      timeout: ANSWER_SECONDS,
      sampleInt: SAMPLE_MS,
      setupClient: (client) => {
        const door = this.#door(client.opts.origin);
        const connection = new HeldConnection(client, (free) => {
          const next = door.waiting.shift();
          if (next === undefined) door.free.push(free);
          else this.#send(free, next);
        });
        door.all.push(connection);
        door.free.push(connection);
      },
    });
  }

  /** Sends a GET as soon as a connection is free. Rejects if it was cut off, or not answered within 10 s. */
  get(origin: string, path: string, headers: Readonly<Record<string, string>>): Promise<Answer> {
    const door = this.#door(origin);
    return new Promise((answered, lost) => {
      const get = { path, headers, answered, lost };
      const connection = door.free.pop();
      if (connection === undefined) door.waiting.push(get);
      else this.#send(connection, get);
    });
  }

  /** Ends it, and gives up what is under way. Rejects if autocannon counted other requests or answers than were handed on. */
  async stop(): Promise<void> {
    for (const { all, waiting } of this.#doors.values()) {
      for (const { lost } of waiting.splice(0)) lost(new Error("no connection was free"));
      for (const connection of all) connection.giveUp("no answer came");
    }
    this.#run.stop();
    this.#compare(await this.#run);
  }

  /** It counts a request for each connection that it makes, since by itself it would have sent one. */
  #compare(result: Result): void {
    const sent = result.requests.sent - this.#connections;
    const answered = result["2xx"] + result.non2xx;
    if (sent === this.#sent && answered === this.#answered) return;
    const counted = `autocannon counted ${answered} answers to ${sent} requests`;
    throw new Error(`${counted}, and was handed ${this.#sent} and gave ${this.#answered} answers`);
  }

  #send(connection: HeldConnection, get: Get): void {
    this.#sent += 1;
    const answered = (answer: Answer): void => {
      this.#answered += 1;
      get.answered(answer);
    };
    connection.send({ ...get, answered });
  }

  #door(origin: string): Door {
    const door = this.#doors.get(origin);
    if (door === undefined) throw new RangeError(`${origin} is no origin of this cannon`);
    return door;
  }
}
