import { ProxyLease } from "../../proxy/lease.js";
import { connectLink, type LinkClient } from "../../proxy/link-client.js";
import { systemClock } from "../../shared/adapters/system-clock.js";
import { systemRandom } from "../../shared/adapters/system-random.js";
import type { Bus } from "../../shared/ports/bus.js";
import { silentLog } from "../../shared/ports/log.js";
import { type AckMessage, readRound } from "../../shared/protocol/bus.js";
import type { AttachedSession, Command } from "../../shared/protocol/commands.js";
import { parseKey } from "../../shared/protocol/keys.js";
import type { LinkWrite, OwedRound, WriteResult } from "../../shared/protocol/link.js";
import { tokenHash } from "../../shared/protocol/tokens.js";
import { newTally } from "./proxy-tally.js";
import { Slots } from "./slots.js";
import { VirtualReport } from "./virtual-report.js";

const WRITES_PER_CALL = 64;
const LEASE_MS = 12_000;

export interface VirtualProxyParts {
  readonly number: number;
  readonly sessions: number;
  readonly lockedPercent: number;
  readonly token: string;
  readonly masterUrl: string;
  readonly secret: string;
  /** Shared by the proxies of a process. */
  readonly bus: Bus;
  readonly onRenewed: (ms: number) => void;
}

/**
 * A proxy as the master sees it, without the clients and the cache. The lease, its rules, the digest and the link are
 * those of the real one; of the sessions there is only what the master can be told of them.
 */
export class VirtualProxy {
  readonly tally = newTally();
  readonly report: VirtualReport;
  readonly #parts: VirtualProxyParts;
  readonly #tokenHash: string;
  readonly #slots: Slots;
  readonly #link: LinkClient;
  readonly #lease: ProxyLease;
  #nextSlot = 0;
  #ends = 0;
  #underWay = 0;

  constructor(parts: VirtualProxyParts) {
    const { number, masterUrl: url, secret, sessions, bus } = parts;
    this.#parts = parts;
    this.#tokenHash = tokenHash(parts.token);
    const name = `virtual-${number}`;
    this.#slots = new Slots(name, sessions);
    this.#link = connectLink({ url, secret });
    this.report = new VirtualReport(this.#slots, this.tally);
    this.#lease = new ProxyLease({
      ...{ clock: systemClock, random: systemRandom, log: silentLog },
      link: { ...this.#link, renew: (request) => this.#timed(() => this.#link.renew(request)) },
      companion: this.report,
      proxy: { name, url: `http://${name}.invalid`, zone: "virtual" },
      onLost: () => {
        this.tally.leasesLost += 1;
      },
      onOwed: (owed) => this.#owed(owed),
    });
    bus.subscribe("rounds", (text) => this.#heard(text));
  }

  get isRegistered(): boolean {
    return this.#lease.running() !== undefined;
  }

  get sessions(): number {
    return this.#slots.anchored;
  }

  /** Ends and anchorings that are not over. */
  get underWay(): number {
    return this.#underWay + this.report.unreported;
  }

  start(): void {
    this.#lease.start();
  }

  /** Anchors a session in each slot that has none. */
  async anchorAll(): Promise<void> {
    for (let slot = 0; slot < this.#slots.length; slot += WRITES_PER_CALL) {
      const some = Math.min(WRITES_PER_CALL, this.#slots.length - slot);
      await this.#anchor(Array.from({ length: some }, (_, at) => slot + at));
    }
  }

  /** The next sessions end in one of three ways, and new ones are anchored in their place. */
  async replace(count: number, other: VirtualProxy): Promise<void> {
    const slots = Array.from({ length: Math.min(count, this.#slots.length) }, () => this.#takeSlot());
    await Promise.all(slots.map((slot) => this.#end(slot, other)));
    await this.#anchor(slots);
  }

  async #end(slot: number, other: VirtualProxy): Promise<void> {
    const way = this.#ends++ % WAYS_TO_END;
    if (way === CLOSED_ELSEWHERE && other !== this) return this.#endElsewhere(slot, other);
    const session = this.#slots.release(slot);
    if (session === undefined) return;
    if (way % 2 === 0) this.#fellSilent(session);
    else await this.#close(session);
  }

  #fellSilent(session: AttachedSession): void {
    this.tally.silent += 1;
    this.report.ended(session);
  }

  async #close(session: AttachedSession): Promise<void> {
    const [result] = await this.#execute([this.#write(session, { kind: "closeSession" })]);
    if (isDone(result, "sessionClosed")) this.tally.closed += 1;
    else this.#failed("close", result);
  }

  /** By its owner's token alone, at another proxy: the master tells this one by a round, before it ends (rule S6). */
  async #endElsewhere(slot: number, other: VirtualProxy): Promise<void> {
    const sessionId = this.#slots.sessionId(slot);
    const told = this.report.awaitsRound(sessionId, () => this.#slots.release(slot));
    const [result] = await other.#execute([this.#write({ sessionId, attachment: null }, { kind: "closeSession" })]);
    if (isDone(result, "sessionClosed") && told()) this.tally.closedElsewhere += 1;
    else this.#failed("close at another proxy", result);
  }

  async #anchor(slots: readonly number[]): Promise<void> {
    const results = await this.#execute(slots.map((slot) => this.#anchoring(slot)));
    for (const [at, slot] of slots.entries()) {
      const result = results[at];
      const attachment = result?.status === "decided" ? result.attachment : null;
      if (attachment === null) this.#failed("anchor", result);
      else {
        this.tally.anchored += 1;
        this.#slots.attach(slot, attachment);
      }
    }
  }

  #anchoring(slot: number): LinkWrite {
    const anchor = { leaseMs: LEASE_MS, secretHash: this.#slots.secretHash(slot) };
    const session = { sessionId: this.#slots.sessionId(slot), attachment: null, anchor };
    const isLocked = slot % 100 < this.#parts.lockedPercent;
    return this.#write(session, isLocked ? acquire(this.#slots.lockName(slot)) : { kind: "openSession" });
  }

  #write(session: NonNullable<LinkWrite["session"]>, command: Command): LinkWrite {
    return { operationId: systemRandom.uuid(), tokenHash: this.#tokenHash, session, command };
  }

  async #execute(writes: LinkWrite[]): Promise<readonly WriteResult[]> {
    this.#underWay += 1;
    try {
      const held = this.#lease.running();
      if (held === undefined) throw new Error("there was no lease");
      const { results } = await this.#link.execute({ epoch: held.epoch, proxyId: held.proxyId, writes });
      return results;
    } catch (error) {
      this.tally.failures.push((error as Error).message);
      return [];
    } finally {
      this.#underWay -= 1;
    }
  }

  #failed(what: string, result: WriteResult | undefined): void {
    if (result !== undefined) this.tally.failures.push(`could not ${what}: ${JSON.stringify(result)}`);
  }

  #takeSlot(): number {
    const slot = this.#nextSlot;
    this.#nextSlot = (slot + 1) % this.#slots.length;
    return slot;
  }

  #heard(text: string): void {
    const held = this.#lease.running();
    const message = held && readRound(text);
    if (held === undefined || message?.epoch !== held.epoch || !message.proxies.includes(held.proxyId)) return;
    this.#owed([message]);
  }

  /** There is no cache that could have had an entry, but sessions may be named. */
  #owed(owed: readonly OwedRound[]): void {
    const held = this.#lease.running();
    if (held === undefined) return;
    for (const { round, keys } of owed) {
      for (const key of keys) {
        const parsed = parseKey(key);
        if (parsed?.kind === "session") this.report.round(parsed.rest);
      }
      const ack = { round, had: [] };
      this.#lease.acked(ack);
      this.tally.acked += 1;
      const message: AckMessage = { epoch: held.epoch, proxyId: held.proxyId, ack };
      this.#parts.bus.publish("acks", JSON.stringify(message));
    }
  }

  async #timed<T>(call: () => Promise<T>): Promise<T> {
    const sentMs = performance.now();
    const reply = await call();
    this.#parts.onRenewed(performance.now() - sentMs);
    return reply;
  }
}

/** Half of the sessions fall silent, one in so many is ended at another proxy, and the others are closed by their clients. */
const WAYS_TO_END = 16;
const CLOSED_ELSEWHERE = 15;

const acquire = (name: string): Command => ({
  ...{ kind: "acquire", name, ttlMs: null, metadata: null, lockDelayMs: 0, delayOnRelease: false },
  ...{ ephemeral: true, wait: false },
});

const isDone = (result: WriteResult | undefined, status: string): boolean =>
  result?.status === "decided" && result.answer.status === status;
