import { Registry } from "prom-client";
import { silentLog } from "../shared/ports/log.js";
import type { EventMessage, RoundMessage } from "../shared/protocol/bus.js";
import type { Answer, AttachedSession, Command, SessionRef } from "../shared/protocol/commands.js";
import type { RenewReply, RenewRequest, WriteResult } from "../shared/protocol/link.js";
import { tokenHash } from "../shared/protocol/tokens.js";
import { AttachmentDigest } from "../shared/sessions/digest.js";
import { busFaults, SimBus } from "../shared/sim/sim-bus.js";
import { SimClock } from "../shared/sim/sim-clock.js";
import { SimRandom } from "../shared/sim/sim-random.js";
import { SimDisk } from "../shared/sim/sim-store.js";
import { type Master, startMaster } from "./master.js";

const SETTLE_MS = 400_000;
export const SESSION_LEASE_MS = 12_000;
export const GRACE_MS = 45_000;

type Acquire = Extract<Command, { kind: "acquire" }>;

/** An acquire of an ephemeral lock without a TTL. */
export const ephemeral = (name: string, some: Partial<Acquire> = {}): Acquire => ({
  ...{ kind: "acquire", name, ttlMs: null, metadata: null, lockDelayMs: 0 },
  ...{ delayOnRelease: false, ephemeral: true, wait: false },
  ...some,
});

/** The id of a session, by its first byte and a number. */
export const idOf = (number: number): string => number.toString(16).padStart(2, "0").padEnd(32, "0");

/** What a write says of a session that its gateway does not know to be anchored. */
export const unanchored = (sessionId: string): SessionRef => ({
  sessionId,
  attachment: null,
  anchor: { leaseMs: SESSION_LEASE_MS, secretHash: `secret of ${sessionId}` },
});

/** A master in simulated time, with proxies that the test plays by hand. Tokens: alice, bob. */
export class SimMaster {
  readonly clock = new SimClock();
  readonly bus = new SimBus({ clock: this.clock, random: new SimRandom(1), faults: busFaults() });
  readonly rounds: RoundMessage[] = [];
  readonly events: EventMessage[] = [];
  metrics = new Registry();
  readonly #random = new SimRandom(2);
  readonly #disk = new SimDisk({ clock: this.clock, random: new SimRandom(3), writeMs: 1 });
  #master: Master | undefined;
  #lives = 0;
  #process = this.clock.process("master-0");

  static async start(): Promise<SimMaster> {
    const sim = new SimMaster();
    const ear = sim.bus.endpoint("ear");
    ear.subscribe("rounds", (message) => void sim.rounds.push(JSON.parse(message) as RoundMessage));
    ear.subscribe("events", (message) => void sim.events.push(JSON.parse(message) as EventMessage));
    await sim.boot();
    return sim;
  }

  get master(): Master {
    return this.#master as Master;
  }

  get epoch(): number {
    return this.master.service.readiness().epoch;
  }

  get process() {
    return this.#process;
  }

  async boot(): Promise<void> {
    this.#process = this.clock.process(`master-${++this.#lives}`);
    this.metrics = new Registry();
    const tokens = ["alice", "bob"].map((name) => ({ hash: tokenHash(name), principal: `user:${name}` }));
    const starting = startMaster({
      ...{ clock: this.#process, random: this.#random.fork(`${this.#lives}`), log: silentLog, metrics: this.metrics },
      ...{ bus: this.bus.endpoint("master", this.#process), store: await this.#disk.open() },
      settings: { locksPerPrincipal: 1_000, tokens, graceMs: GRACE_MS },
    });
    this.#master = await this.settle(starting);
    await this.settle(this.#master.tokensInForce);
  }

  kill(): void {
    this.#process.kill();
    this.#disk.crash();
    this.#master = undefined;
  }

  settle<T>(promise: Promise<T>): Promise<T> {
    return this.clock.settle(promise, SETTLE_MS);
  }

  async proxy(name: string, claims: readonly AttachedSession[] = []): Promise<HandProxy> {
    const proxy = new HandProxy(this, name);
    await proxy.register(claims);
    return proxy;
  }

  /** What the session holds and waits for; undefined if the cell does not know it. */
  async session(sessionId: string) {
    const { entries } = await this.settle(this.master.service.read([`session/${sessionId}`], {}));
    const value = entries[0]?.value;
    return value?.kind === "session" ? value : undefined;
  }

  async holder(name: string): Promise<number | undefined> {
    const { entries } = await this.settle(this.master.service.read([`lock/${name}`], {}));
    const value = entries[0]?.value;
    return value?.kind === "lock" ? value.fencingToken : undefined;
  }

  async metric(name: string, labels: Record<string, string> = {}): Promise<number | undefined> {
    const { values } = (await this.metrics.getSingleMetric(`octofleet_master_${name}`)?.get()) ?? { values: [] };
    const matches = (one: object) => Object.entries(labels).every(([key, value]) => Reflect.get(one, key) === value);
    return values.find((one) => matches(one.labels))?.value;
  }
}

/** What one renewal says, beside what the proxy holds. */
type Said = Partial<Pick<RenewRequest, "ended" | "acks" | "leaving">>;

/** A proxy played by hand: it does what the protocol says of sessions, and what the test tells it beside that. */
export class HandProxy {
  readonly held = new Map<string, number>();
  proxyId = "";
  gone: string[] = [];
  #attempt = 0;
  #asOf = 0;
  #goneSeen = 0;
  #wants: RenewReply["wants"] = "digest";
  #last: { epoch: number; proxyId: string } | null = null;
  readonly #sim: SimMaster;
  readonly #name: string;

  constructor(sim: SimMaster, name: string) {
    this.#sim = sim;
    this.#name = name;
  }

  get wants(): RenewReply["wants"] {
    return this.#wants;
  }

  async register(claims: readonly AttachedSession[], givesUp = this.#last): Promise<string[]> {
    const { link } = this.#sim.master;
    const reply = await this.#sim.settle(
      link.register({
        ...{ name: this.#name, url: `http://${this.#name}`, zone: "", givesUp, process: this.#name },
        ...{ attempt: ++this.#attempt, sessions: [...claims], ended: [] },
      }),
    );
    this.proxyId = reply.proxyId;
    this.#last = { epoch: reply.epoch, proxyId: reply.proxyId };
    this.#goneSeen = 0;
    this.#asOf = 0;
    this.#wants = "digest";
    this.held.clear();
    for (const { sessionId, attachment } of claims) {
      if (!reply.gone.includes(sessionId)) this.hold(sessionId, attachment);
    }
    return reply.gone;
  }

  hold(sessionId: string, attachment: number): void {
    this.held.set(sessionId, attachment);
    this.#asOf = Math.max(this.#asOf, attachment);
  }

  /** Renews as the protocol has it, and follows the answer. */
  async renew({ ended = [], acks = [], leaving = false }: Said = {}): Promise<RenewReply> {
    const { link } = this.#sim.master;
    const { epoch } = this.#sim;
    const request: RenewRequest = {
      ...{ epoch, proxyId: this.proxyId, acks, leaving, ended, goneSeen: this.#goneSeen },
      sessions: { count: this.held.size, asOf: this.#asOf, ...this.#digest() },
    };
    const reply = await this.#sim.settle(link.renew(request));
    for (const { sessionId, attachment, sequence } of reply.gone) {
      if ((this.held.get(sessionId) ?? Number.POSITIVE_INFINITY) <= attachment) this.held.delete(sessionId);
      this.#goneSeen = Math.max(this.#goneSeen, sequence);
    }
    this.gone = reply.gone.map(({ sessionId }) => sessionId);
    this.#wants = reply.wants;
    return reply;
  }

  /** Lets time pass, with a renewal each second. */
  async keepFor(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 1_000) {
      await this.renew();
      await this.#sim.clock.runFor(1_000);
    }
  }

  send(writes: readonly Omit<Sent, "proxyId">[]): Promise<WriteResult[]> {
    const { epoch, master } = this.#sim;
    const all = writes.map(({ command, session, token = "alice", operationId = `op ${++operations}` }) => ({
      ...{ operationId, command, tokenHash: tokenHash(token) },
      ...(session && { session }),
    }));
    return master.link.execute({ epoch, proxyId: this.proxyId, writes: all }).then(({ results }) => results);
  }

  /** One write; what it attaches is held here. */
  async write(command: Command, session?: SessionRef, some: { token?: string; operationId?: string } = {}) {
    const [result] = await this.#sim.settle(this.send([{ command, session, ...some }]));
    if (result?.status !== "decided") throw new Error(JSON.stringify(result));
    const { answer, attachment } = result;
    if (session !== undefined && attachment !== null) this.hold(session.sessionId, attachment);
    return { answer: answer as Answer, attachment };
  }

  /** Anchors a session with a lock, and gives what a write under it says of it. */
  async anchor(sessionId: string, lock: string, some: Partial<Acquire> = {}): Promise<AttachedSession> {
    const { answer, attachment } = await this.write(ephemeral(lock, some), unanchored(sessionId));
    if (attachment === null) throw new Error(JSON.stringify(answer));
    return { sessionId, attachment };
  }

  #digest() {
    const digest = new AttachmentDigest();
    for (const [sessionId, attachment] of this.held) digest.add({ sessionId, attachment });
    const wants = this.#wants;
    if (wants === "digest") return { digest: digest.digest() };
    if (wants === "buckets") return { digest: digest.digest(), buckets: digest.buckets() };
    const lists = wants.map((bucket) => ({ bucket, sessions: this.#listOf(bucket) }));
    return { digest: digest.digest(), lists };
  }

  #listOf(bucket: number): AttachedSession[] {
    const inBucket = [...this.held].filter(([sessionId]) => Number.parseInt(sessionId.slice(0, 2), 16) === bucket);
    return inBucket.map(([sessionId, attachment]) => ({ sessionId, attachment }));
  }
}

let operations = 0;

interface Sent {
  readonly command: Command;
  readonly session?: SessionRef | undefined;
  readonly token?: string;
  readonly operationId?: string;
  readonly proxyId: string;
}
