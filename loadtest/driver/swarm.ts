import { SimRandom } from "../../shared/sim/sim-random.js";
import { type Kind, kindAt } from "../mixes/chubby.js";
import { allNames, HELD_LOCKS, heldLock, lookedUpName } from "../mixes/names.js";
import { LockClient } from "./lock-client.js";
import type { Plan } from "./messages.js";
import { paced } from "./pacer.js";
import { SessionClient } from "./session-client.js";
import { type Outcome, Tally } from "./tally.js";

const IN_FLIGHT_MAX = 10_000;
const HELD_TTL_SECONDS = 3_600;
const ACQUIRED_TTL_SECONDS = 60;
const PREPARED_AT_ONCE = 16;
const SETTLED_LOOK_MS = 10;

interface Client {
  readonly url: string;
  readonly token: string;
  readonly locks: LockClient;
  session: SessionClient;
  /** Whether a new session is on its way. */
  moving: boolean;
}

interface HeldLock {
  readonly locks: LockClient;
  readonly token: string;
  readonly name: string;
  readonly leaseId: string;
}

/**
 * A number of clients in one process, who do what the mix says.
 *
 * Which client does what to which lock follows from the seed alone, so that two runs do the same work in
 * the same order, whatever they are run against.
 */
export class Swarm {
  readonly tally = new Tally();
  readonly #plan: Plan;
  readonly #random: SimRandom;
  readonly #doors: readonly LockClient[];
  #clients: readonly Client[] = [];
  #held: readonly HeldLock[] = [];
  #inFlight = 0;
  #turn = 0;
  #acquired = 0;

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#random = new SimRandom(plan.seed).fork(`driver ${plan.part}`);
    this.#doors = plan.urls.map((url) => new LockClient(url, this.tally));
  }

  /**
   * Opens the sessions, takes this driver's share of the locks that are held throughout, and looks every
   * name up once at every door: the paper's cell had been up for 18 days, and a cold cache is met once.
   */
  async prepare(): Promise<void> {
    const { part, parts, urls, tokens } = this.#plan;
    this.#clients = await made(this.#plan.clients, async (index) => {
      const url = cycled(urls, index);
      const token = cycled(tokens, index);
      const session = await SessionClient.open(url, token, this.tally);
      return { url, token, locks: cycled(this.#doors, index), session, moving: false };
    });
    this.#held = await made(Math.ceil((HELD_LOCKS - part) / parts), async (index) => {
      const locks = cycled(this.#doors, index);
      const token = cycled(tokens, index);
      const name = heldLock(index * parts + part);
      return { locks, token, name, leaseId: await locks.acquire(token, name, HELD_TTL_SECONDS) };
    });
    const names = allNames();
    for (const door of this.#doors)
      await made(names.length, (index) => door.status(cycled(tokens, index), cycled(names, index)));
  }

  /** Does all operations of the plan. Resolves when each has been answered or has failed. */
  async run(): Promise<Outcome> {
    this.tally.begin();
    const begunMs = performance.now();
    const { operations, perSecond } = this.#plan;
    const pace = { total: operations, perSecond, inFlightMax: IN_FLIGHT_MAX };
    await paced(
      pace,
      () => this.#inFlight,
      () => void this.#one(),
    );
    while (this.#inFlight > 0) await new Promise((resolve) => setTimeout(resolve, SETTLED_LOOK_MS));
    return this.tally.outcome(performance.now() - begunMs);
  }

  async #one(): Promise<void> {
    const kind = kindAt(this.#random.fraction());
    const sentMs = performance.now();
    this.#inFlight += 1;
    try {
      await this.#perform(kind);
      this.tally.done(kind, performance.now() - sentMs);
    } catch (error) {
      this.tally.failed(kind, error);
    }
    this.#inFlight -= 1;
  }

  #perform(kind: Kind): Promise<void> {
    const client = this.#nextClient();
    switch (kind) {
      case "KeepAlive":
        return client.session.keepAlive();
      case "GetStat":
        return client.session.status(lookedUpName(this.#random));
      case "Open":
        return client.locks.status(client.token, lookedUpName(this.#random));
      case "CreateSession":
        return this.#createSession(client);
      case "GetContentsAndStat":
        return client.locks.status(client.token, heldLock(this.#random.int(HELD_LOCKS)));
      case "SetContents":
        return this.#setContents();
      case "Acquire":
        return this.#acquire(client);
    }
  }

  async #createSession(client: Client): Promise<void> {
    const old = client.session;
    client.moving = true;
    client.session = await SessionClient.open(client.url, client.token, this.tally).finally(() => {
      client.moving = false;
    });
    await old.close();
  }

  async #setContents(): Promise<void> {
    const { locks, token, name, leaseId } = cycled(this.#held, this.#random.int(this.#held.length));
    await locks.setMetadata(token, name, leaseId, `primary at 10.0.0.${this.#random.int(256)}`);
  }

  async #acquire({ locks, token }: Client): Promise<void> {
    this.#acquired += 1;
    const name = `load/taken-${this.#plan.part}-${this.#acquired}`;
    await locks.release(token, name, await locks.acquire(token, name, ACQUIRED_TTL_SECONDS));
  }

  #nextClient(): Client {
    for (let i = 0; i < this.#clients.length; i += 1) {
      this.#turn += 1;
      const client = cycled(this.#clients, this.#turn);
      if (!client.moving) return client;
    }
    throw new Error("every client is waiting for a new session");
  }
}

const cycled = <T>(items: readonly T[], index: number): T => items[index % items.length] as T;

/** Makes `count` things, a few at a time, and returns them in order. */
async function made<T>(count: number, make: (index: number) => Promise<T>): Promise<T[]> {
  const things: T[] = [];
  while (things.length < count) {
    const size = Math.min(PREPARED_AT_ONCE, count - things.length);
    things.push(...(await Promise.all(Array.from({ length: size }, (_, i) => make(things.length + i)))));
  }
  return things;
}
