import type { Clock } from "../../shared/ports/clock.js";
import { SimRandom } from "../../shared/sim/sim-random.js";
import { runClock } from "../chaos/run-clock.js";
import type { LockOperation } from "../check/lock-operation.js";
import type { Kind } from "../mixes/kinds.js";
import { Names } from "../mixes/names.js";
import { Files, failedOverAt } from "./files.js";
import { HttpReads } from "./http-reads.js";
import { IdleBeats } from "./idle-beats.js";
import { LockClient } from "./lock-client.js";
import type { Plan, User } from "./messages.js";
import { type Lag, Pacer } from "./pacer.js";
import { Refused } from "./refused.js";
import { type Due, schedule } from "./schedule.js";
import { SessionClient } from "./session-client.js";
import { type Outcome, Tally } from "./tally.js";
import { Witness } from "./witness.js";

const HTTP_READS: readonly Kind[] = ["Open", "GetContentsAndStat"];
const ACQUIRED_TTL_SECONDS = 60;
/** What a session's lock is held for, to the validators: until it is released. */
const SESSION_LOCK_SECONDS = 3_600;
const PREPARED_AT_ONCE = 16;
/** A name that a door does not know costs it a fill; doors have a budget for these, of which this leaves half. */
const LOOKED_UP_PER_S = 1_000;
const SETTLED_LOOK_MS = 5;
const SETTLED_MAX_MS = 20_000;
/** Within this the last notice is told: nobody knows here what the clients of other drivers still wait for. */
const NOTICES_MS = 1_000;

interface Client {
  /** Among the clients of all drivers. */
  readonly index: number;
  readonly url: string;
  readonly user: User;
  readonly locks: LockClient;
  session: SessionClient;
  /** Whether a new session is on its way, or an election under way: it does one of these at a time. */
  busy: boolean;
}

/**
 * A number of clients in one process, who do what the mix says.
 *
 * Which client does what to which lock, and when, follows from the seed alone, so that two runs do the same work in
 * the same order, whatever they are run against.
 */
export class Swarm {
  readonly tally = new Tally();
  readonly #plan: Plan;
  readonly #random: SimRandom;
  readonly #names: Names;
  readonly #doors: readonly LockClient[];
  readonly #witness: Witness;
  readonly #files: Files;
  readonly #clock: Clock;
  #clients: readonly Client[] = [];
  #beats: IdleBeats | undefined;
  #pacer: Pacer | undefined;
  /** While a stretch runs of a mix that has any. */
  #reads: HttpReads | undefined;
  #inFlight = 0;
  #serial = 0;
  #isLeaving = false;
  /** What is being made at the moment. */
  #settingUp: Promise<unknown> = Promise.resolve();

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#random = new SimRandom(plan.seed).fork(`driver ${plan.part}`);
    this.#names = new Names(plan.mix.files, plan.clients, plan.prefix);
    this.#doors = plan.urls.map((url) => new LockClient(url, this.tally));
    this.#clock = runClock(BigInt(plan.begunNs));
    this.#witness = new Witness(this.#clock, plan.part);
    this.#files = new Files(this.#names, this.#witness, this.#clock);
  }

  /**
   * Takes this driver's share of the locks that are held throughout, and looks every name up once at every door (the
   * paper's cell had been up for 18 days, and a cold cache is met once).
   */
  async prepare(): Promise<void> {
    const { part, parts, users, clients, mix } = this.#plan;
    await this.#made(this.#shareOf(this.#names.files), (at) => {
      const index = this.#mine(at);
      return this.#files.create(index, cycled(users, index), cycled(this.#doors, at));
    });
    const lookUp = async (door: LockClient): Promise<void> => {
      await this.#made(
        this.#shareOf(this.#names.count),
        async (at) => void (await door.status(cycled(users, at).token, this.#names.at(this.#mine(at)))),
        LOOKED_UP_PER_S / parts,
      );
    };
    await Promise.all(this.#doors.map(lookUp));
    const options = { mix, clients: this.#shareOf(clients), speed: this.#plan.speed, failOvers: part === 0 };
    this.#pacer = new Pacer(schedule({ ...options, seed: `${this.#plan.seed}/${part}` }), () => this.#inFlight);
  }

  /** Opens the sessions, with their watches, and keeps them alive until the schedule goes on. */
  async open(): Promise<void> {
    const { users, urls, clients, mix } = this.#plan;
    const beats = new IdleBeats();
    this.#beats = beats;
    this.#clients = await this.#made(this.#shareOf(clients), async (at) => {
      const index = this.#mine(at);
      const [url, user] = [cycled(urls, index), cycled(users, index)];
      const session = await SessionClient.open(url, user.token, this.tally);
      beats.add(session);
      return { index, url, user, locks: cycled(this.#doors, index), session, busy: false };
    });
    if (mix.failOverEveryS > 0)
      await this.#made(this.#clients.length, (at) => this.#watch(this.#clients[at] as Client));
  }

  /** Goes on with the schedule for so long. Resolves with how late it was when each operation has been answered or has failed. */
  async run(forMs: number): Promise<readonly Lag[]> {
    if (this.#pacer === undefined) throw new Error("not prepared");
    await this.#beats?.stop();
    this.tally.begin();
    const { mix, urls } = this.#plan;
    if (HTTP_READS.some((kind) => (mix.perClientPerS[kind] ?? 0) > 0)) this.#reads = new HttpReads(urls, this.tally);
    const lags = await this.#pacer.run(forMs, (due, intendedMs) => void this.#one(due, intendedMs));
    await this.#settled();
    await this.#reads?.stop();
    this.#reads = undefined;
    return lags;
  }

  /** What was done since the schedule went on last, when the last notice of it has been told. */
  async outcome(): Promise<Outcome> {
    if (this.#plan.mix.failOverEveryS > 0) await pause(NOTICES_MS);
    return this.tally.outcome();
  }

  /** Ends the sessions. */
  async close(): Promise<void> {
    await this.#beats?.stop();
    const open = this.#clients;
    this.#clients = [];
    await made(open.length, (at) => (open[at] as Client).session.close());
  }

  /** Stops whatever is under way, ends the sessions, and gives every lock back. */
  async leave(): Promise<void> {
    this.#isLeaving = true;
    this.#pacer?.stop();
    await this.#settingUp.catch(() => {});
    await this.#settled();
    await this.close();
    await this.#files.release();
  }

  history(): LockOperation[] {
    return this.#witness.history();
  }

  async #settled(): Promise<void> {
    const giveUpMs = performance.now() + SETTLED_MAX_MS;
    while (this.#inFlight > 0 && performance.now() < giveUpMs) await pause(SETTLED_LOOK_MS);
  }

  /** Of so many of all drivers together, how many are this one's. */
  #shareOf(all: number): number {
    return Math.ceil((all - this.#plan.part) / this.#plan.parts);
  }

  #mine(at: number): number {
    return at * this.#plan.parts + this.#plan.part;
  }

  /** As `made`, unless we are leaving. */
  #made<T>(count: number, make: (at: number) => Promise<T>, perSecond?: number): Promise<T[]> {
    const work = made(
      count,
      (at) => {
        if (this.#isLeaving) throw new Error("interrupted");
        return make(at);
      },
      perSecond,
    );
    this.#settingUp = work;
    return work;
  }

  async #one({ kind, client }: Due, intendedMs: number): Promise<void> {
    const sentMs = this.#plan.fromIntended ? intendedMs : performance.now();
    this.#inFlight += 1;
    try {
      await this.#perform(kind, client);
      this.tally.done(kind, performance.now() - sentMs);
    } catch (error) {
      this.tally.failed(kind, error);
    }
    this.#inFlight -= 1;
  }

  #perform(kind: Kind, at: number): Promise<void> {
    const client = cycled(this.#clients, at);
    const { session, url, user, index } = client;
    const reads = this.#reads;
    const read = (name: string): Promise<void> =>
      this.#witness.read(name, () => (reads as HttpReads).status(url, user.token, name));
    switch (kind) {
      case "KeepAlive":
        return session.keepAlive();
      case "GetStat": {
        const name = this.#names.lookedUpBy(index, this.#random);
        return this.#witness.read(name, () => session.status(name));
      }
      case "Open":
        return read(this.#names.lookedUpBy(index, this.#random));
      case "CreateSession":
        return this.#alone(at, (free) => this.#createSession(free));
      case "GetContentsAndStat":
        return read(this.#names.file(this.#names.fileOf(index, this.#random)));
      case "SetContents":
        return this.#files.setContents(this.#random.int(this.#files.count));
      case "Acquire":
        return this.#acquire(client);
      case "FailOver":
        return this.#failOver();
      case "Elect":
        return this.#alone(at, (free) => this.#elect(free));
      case "Notice":
        throw new RangeError("a notice is told, and not done");
    }
  }

  async #createSession(client: Client): Promise<void> {
    const old = client.session;
    client.session = await SessionClient.open(client.url, client.user.token, this.tally);
    await old.close();
  }

  /** Something that a client does one at a time: this one, or the next one that is free for it. */
  async #alone(at: number, work: (client: Client) => Promise<void>): Promise<void> {
    const free = this.#clients.findIndex((_, i) => !cycled(this.#clients, at + i).busy);
    if (free < 0) throw new Refused("not_sent", "every client is busy with a session or an election");
    const client = cycled(this.#clients, at + free);
    client.busy = true;
    await work(client).finally(() => {
      client.busy = false;
    });
  }

  async #acquire({ locks, user }: Client): Promise<void> {
    this.#serial += 1;
    const name = this.#names.lock(`taken-${this.#plan.part}-${this.#serial}`);
    const ttl = ACQUIRED_TTL_SECONDS;
    const { leaseId } = await this.#witness.acquire(name, user.holderId, ttl, null, () =>
      locks.acquire(user.token, name, ttl, null),
    );
    await this.#witness.release(name, user.holderId, leaseId, () => locks.release(user.token, name, leaseId));
  }

  async #elect({ session, user, index }: Client): Promise<void> {
    this.#serial += 1;
    const elections = Math.max(1, Math.floor(this.#plan.clients / this.#plan.mix.clientsPerElection));
    const name = this.#names.lock(`election-${index % elections}`);
    const operation = `elect-${this.#plan.part}-${this.#serial}`;
    const { leaseId } = await this.#witness.acquire(name, user.holderId, SESSION_LOCK_SECONDS, null, () =>
      session.acquire(name, operation),
    );
    await this.#witness.release(name, user.holderId, leaseId, () => session.release(name, leaseId, `${operation}-end`));
  }

  /** The files take turns, and so do the users. */
  async #failOver(): Promise<void> {
    this.#serial += 1;
    const index = await this.#files.failOver(this.#serial, cycled(this.#plan.users, this.#serial));
    this.tally.noticesDue(this.#watchersOf(index));
  }

  async #watch({ index, session }: Client): Promise<void> {
    let lastMs = 0;
    await session.watch(this.#names.file(index % this.#names.files), ({ metadata }) => {
      const begunMs = failedOverAt(metadata);
      if (begunMs === undefined || begunMs <= lastMs) return;
      lastMs = begunMs;
      this.tally.done("Notice", this.#clock.monotonicMs() - begunMs);
    });
  }

  /** Of all drivers. */
  #watchersOf(file: number): number {
    return Math.ceil((this.#plan.clients - file) / this.#names.files);
  }
}

const cycled = <T>(items: readonly T[], index: number): T => items[index % items.length] as T;

const pause = (forMs: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, forMs);
  });

/** Makes `count` things, a few at a time and at most so many a second, and returns them in order. */
async function made<T>(
  count: number,
  make: (at: number) => Promise<T>,
  perSecond = Number.POSITIVE_INFINITY,
): Promise<T[]> {
  const things: T[] = [];
  while (things.length < count) {
    const size = Math.min(PREPARED_AT_ONCE, count - things.length);
    const [some] = await Promise.all([
      Promise.all(Array.from({ length: size }, (_, i) => make(things.length + i))),
      Number.isFinite(perSecond) ? pause((size * 1_000) / perSecond) : undefined,
    ]);
    things.push(...some);
  }
  return things;
}
