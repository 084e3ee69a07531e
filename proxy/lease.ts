import type { Clock, Timer } from "../shared/ports/clock.js";
import type { MasterLink } from "../shared/ports/link.js";
import type { Log } from "../shared/ports/log.js";
import type { Random } from "../shared/ports/random.js";
import { type Fault, faultOf } from "../shared/protocol/errors.js";
import { LIMITS } from "../shared/protocol/limits.js";
import type {
  Ack,
  OwedRound,
  RegisterReply,
  RegisterRequest,
  RenewReply,
  RenewRequest,
} from "../shared/protocol/link.js";

/** What a master that is there needs for the call under way; one that needs longer is not told of a leaving. */
const LEAVE_WITHIN_MS = 1_000;
/** How long after a call that failed the next one is sent; the time between is spread by chance. */
const RETRY_MS = 250;

/** Under which name, and in which life of the master, the proxy is counted on. */
export interface LeaseId {
  readonly epoch: number;
  readonly proxyId: string;
}

interface HeldLease extends LeaseId {
  untilMs: number;
  /** The same on the wall clock, which may end a lease but never lengthen one (rule S4). */
  untilWallMs: number;
}

/** An instant on both clocks. */
export interface Instant {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

/** What travels with the calls that keep the lease: said in the turn of the call, heard in the turn of its answer. */
export interface LeaseCompanion {
  registering(): Pick<RegisterRequest, "sessions" | "ended">;
  registered(said: Pick<RegisterRequest, "sessions" | "ended">, reply: RegisterReply): void;
  renewing(): Pick<RenewRequest, "sessions" | "ended" | "goneSeen">;
  /** True if there is more to say than one call takes. */
  renewed(said: Pick<RenewRequest, "sessions" | "ended" | "goneSeen">, reply: RenewReply): boolean;
}

export interface LeaseParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly link: MasterLink;
  readonly log: Log;
  readonly proxy: { readonly name: string; readonly url: string; readonly zone: string };
  readonly companion: LeaseCompanion;
  /** In the turn in which the lease ends, or its end is found: stop answering, empty the cache (rule L2). */
  readonly onLost: (lastSure: Instant) => void;
  /** Rounds that the master still waits for; to be acked by `acked`. */
  readonly onOwed: (owed: readonly OwedRound[]) => void;
}

/**
 * The proxy's lease: the time for which it may answer from its cache.
 *
 * It is counted from the moment before the request was sent that got it, less the drift, so that it ends
 * here before it ends at the master, however long the answer took. It is checked at the moment of use: the
 * loop below may be late (a stalled event loop is a slow clock), the check is not.
 */
export class ProxyLease {
  readonly #parts: LeaseParts;
  readonly #process: string;
  #attempt = 0;
  #held: HeldLease | undefined;
  /** The last lease, which the next register gives up by its id (rule L2). */
  #last: LeaseId | undefined;
  /** Acks that the master has not confirmed yet, repeated on each renewal (rule L4). */
  readonly #acks = new Map<number, Ack>();
  #timer: Timer | undefined;
  #underWay: Promise<void> | undefined;
  #isCalling = false;
  #callAgain = false;
  #stopped = false;
  #lastFault: Fault | undefined;
  readonly #waiters = new Set<() => void>();

  constructor(parts: LeaseParts) {
    this.#parts = parts;
    this.#process = parts.random.uuid();
  }

  /** Begins to register, and keeps the lease from then on. */
  start(): void {
    this.#schedule(0);
  }

  /** The lease, if it runs at this instant. */
  running(): LeaseId | undefined {
    const held = this.#held;
    if (held === undefined) return undefined;
    const { clock } = this.#parts;
    if (clock.monotonicMs() < held.untilMs && clock.wallMs() < held.untilWallMs) return held;
    this.#lose();
    return undefined;
  }

  /** The epoch of the last registration; undefined before the first. */
  get lastEpoch(): number | undefined {
    return this.#last?.epoch;
  }

  /** Why there is no lease, if a call has failed since the last one that did not. */
  get lastFault(): Fault | undefined {
    return this.#lastFault;
  }

  /** An ack is on its way on the bus; the next renewals repeat it until one is confirmed. */
  acked(ack: Ack): void {
    this.#acks.set(ack.round, ack);
  }

  /** Renews now, or as soon as the call under way is over. */
  renewNow(): void {
    if (this.#isCalling) this.#callAgain = true;
    else this.#schedule(0);
  }

  /** The master has a newer epoch than this one: registers anew (rule L5). */
  reregister(epoch: number): void {
    if (this.#last === undefined || this.#last.epoch > epoch) return;
    this.#lose();
    this.renewNow();
  }

  /** Resolves at the next registration, or after `limitMs`. */
  registration(limitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const over = (): void => {
        this.#waiters.delete(over);
        timer.cancel();
        resolve();
      };
      const timer = this.#parts.clock.after(limitMs, over);
      this.#waiters.add(over);
    });
  }

  /**
   * Gives the lease up, the proxy having stopped answering. Never rejects, and takes little time: a master that is away
   * finds out by itself.
   */
  async leave(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    const isQuiet = await this.#quietWithin(LEAVE_WITHIN_MS);
    const held = this.running();
    if (held === undefined) return;
    this.#lose();
    if (!isQuiet) return;
    const { link, companion } = this.#parts;
    const { epoch, proxyId } = held;
    await link.renew({ epoch, proxyId, acks: [], leaving: true, ...companion.renewing() }).catch(() => undefined);
  }

  /** Whether the call under way, if there is one, is over by then. */
  async #quietWithin(limitMs: number): Promise<boolean> {
    let timer: Timer | undefined;
    const late = new Promise<false>((resolve) => {
      timer = this.#parts.clock.after(limitMs, () => resolve(false));
    });
    const quiet = (this.#underWay ?? Promise.resolve()).then(() => true as const);
    const isQuiet = await Promise.race([quiet, late]);
    timer?.cancel();
    return isQuiet;
  }

  #lose(): void {
    const held = this.#held;
    if (held === undefined) return;
    this.#held = undefined;
    this.#acks.clear();
    const monotonicMs = this.#parts.clock.monotonicMs();
    const wallMs = this.#parts.clock.wallMs();
    // A machine that was suspended may have noticed on one of its clocks only.
    const lateMs = Math.max(0, monotonicMs - held.untilMs, wallMs - held.untilWallMs);
    this.#parts.onLost({ monotonicMs: monotonicMs - lateMs, wallMs: wallMs - lateMs });
  }

  #schedule(delayMs: number): void {
    this.#timer?.cancel();
    if (this.#stopped) return;
    this.#timer = this.#parts.clock.after(delayMs, () => {
      this.#underWay = this.#call();
    });
  }

  async #call(): Promise<void> {
    this.#isCalling = true;
    this.#callAgain = false;
    let nextMs: number;
    const sentMs = this.#parts.clock.monotonicMs();
    try {
      const held = this.running() === undefined ? undefined : this.#held;
      await (held === undefined ? this.#register() : this.#renew(held));
      this.#lastFault = undefined;
      // What the answer took is gone from the lease already, so it does not come on top.
      nextMs = Math.max(0, sentMs + LIMITS.renewEveryMs - this.#parts.clock.monotonicMs());
    } catch (error) {
      nextMs = this.#afterFault(faultOf(error));
    }
    this.#isCalling = false;
    this.#schedule(this.#callAgain ? 0 : nextMs);
  }

  async #register(): Promise<void> {
    const { clock, link, proxy, log, companion } = this.#parts;
    const sentMs = clock.monotonicMs();
    const sentWallMs = clock.wallMs();
    const said = companion.registering();
    const reply = await link.register({
      ...proxy,
      givesUp: this.#last === undefined ? null : { epoch: this.#last.epoch, proxyId: this.#last.proxyId },
      process: this.#process,
      attempt: ++this.#attempt,
      ...said,
    });
    const { epoch, proxyId } = reply;
    const usableMs = reply.leaseMs * LIMITS.driftFactor;
    this.#held = { epoch, proxyId, untilMs: sentMs + usableMs, untilWallMs: sentWallMs + usableMs };
    this.#last = { epoch, proxyId };
    companion.registered(said, reply);
    log.info({ epoch, proxyId }, "Registered at the master.");
    for (const registered of [...this.#waiters]) registered();
  }

  async #renew(held: HeldLease): Promise<void> {
    const { clock, link, companion } = this.#parts;
    const { epoch, proxyId } = held;
    const sentMs = clock.monotonicMs();
    const sentWallMs = clock.wallMs();
    const acks = [...this.#acks.values()];
    const said = companion.renewing();
    const reply = await link.renew({ epoch, proxyId, acks, leaving: false, ...said });
    if (this.#held !== held) {
      this.#callAgain = true;
      return;
    }
    for (const ack of acks) if (this.#acks.get(ack.round) === ack) this.#acks.delete(ack.round);
    const usableMs = reply.leaseMs * LIMITS.driftFactor;
    held.untilMs = Math.max(held.untilMs, sentMs + usableMs);
    held.untilWallMs = sentWallMs + usableMs;
    if (companion.renewed(said, reply)) this.#callAgain = true;
    if (reply.owed.length === 0) return;
    this.#parts.onOwed(reply.owed);
    this.#callAgain = true;
  }

  /** Returns when to call next, in ms from now. */
  #afterFault(fault: Fault): number {
    if (this.#lastFault?.code !== fault.code) {
      this.#parts.log.warn({ code: fault.code, reason: fault.message }, "The master did not prolong the lease.");
    }
    this.#lastFault = fault;
    if (fault.code === "epoch_changed" || fault.code === "lease_expired") {
      this.#lose();
      return 0;
    }
    // A master that has too much to do says when to come again.
    const waitMs = (fault.code === "overloaded" ? fault.retryAfterMs : undefined) ?? RETRY_MS;
    return waitMs * (0.5 + this.#parts.random.fraction());
  }
}
