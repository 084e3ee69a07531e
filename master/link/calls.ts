import type { Clock } from "../../shared/ports/clock.js";
import type { MasterLink } from "../../shared/ports/link.js";
import type { Log } from "../../shared/ports/log.js";
import { Fault, faultOf } from "../../shared/protocol/errors.js";
import { faultBodyOf } from "../../shared/protocol/fault-body.js";
import { parseKey } from "../../shared/protocol/keys.js";
import { LIMITS } from "../../shared/protocol/limits.js";
import type {
  EventsReply,
  EventsRequest,
  ExecuteReply,
  ExecuteRequest,
  Filled,
  FillReply,
  FillRequest,
  LinkWrite,
  RegisterReply,
  RegisterRequest,
  RenewReply,
  RenewRequest,
  WriteResult,
} from "../../shared/protocol/link.js";
import type { Ground } from "../cell/ground.js";
import type { EventLog } from "../coherence/event-log.js";
import type { Interest } from "../coherence/interest.js";
import type { ProxyLeases } from "../coherence/leases.js";
import type { Rounds } from "../coherence/rounds.js";
import type { Writes } from "../coherence/writes.js";
import type { Decider, Taken } from "../decider.js";
import type { Reader } from "../reader.js";
import type { AnchoredSessions } from "../sessions/anchored-sessions.js";

const RETRY_AFTER_MS = 1_000;

export interface CallParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly epoch: number;
  readonly ground: Ground;
  readonly leases: ProxyLeases;
  readonly interest: Interest;
  readonly rounds: Rounds;
  readonly writes: Writes;
  readonly events: EventLog;
  readonly reader: Reader;
  readonly decider: Decider;
  readonly sessions: AnchoredSessions;
}

/** The master's side of the five calls (see `shared/ports/link.ts`). */
export class Calls implements MasterLink {
  readonly #parts: CallParts;
  #closing = false;

  constructor(parts: CallParts) {
    this.#parts = parts;
  }

  /** Rule E2: from now on nothing is granted, neither leases nor entries. */
  grantNoMore(): void {
    this.#closing = true;
  }

  async register(request: RegisterRequest): Promise<RegisterReply> {
    this.#refuseWhenClosing();
    const { leases, epoch, rounds, ground, sessions, log } = this.#parts;
    if (!leases.isNewestAttempt(request.process, request.attempt)) {
      throw new Fault("conflict", "A newer registration of this proxy process was seen already.");
    }
    if (request.givesUp?.epoch === epoch) leases.end(request.givesUp.proxyId);
    await this.#noteThatLeasesAreGranted();
    this.#refuseWhenClosing();
    const { name, url, zone, process } = request;
    const { proxyId } = leases.open(epoch, { name, url, zone, process });
    sessions.report(request.ended, proxyId);
    const gone = sessions.claim(request.sessions, proxyId);
    const claimed = request.sessions.length - gone.length;
    log.info({ proxyId, proxy: name, url, zone, sessions: claimed }, "A proxy registered.");
    return {
      proxyId,
      epoch,
      leaseMs: LIMITS.proxyLeaseMs,
      revision: ground.counters.revision,
      round: rounds.newest,
      gone,
    };
  }

  async renew(request: RenewRequest): Promise<RenewReply> {
    const { leases, rounds, ground, sessions } = this.#parts;
    const { proxyId } = request;
    this.#checkEpoch(request.epoch);
    this.#checkLease(proxyId);
    for (const ack of request.acks) rounds.ack(proxyId, ack);
    if (!this.#closing) sessions.report(request.ended, proxyId);
    if (request.leaving) leases.end(proxyId);
    else this.#refuseWhenClosing();
    return {
      leaseMs: request.leaving ? 0 : leases.prolong(proxyId, rounds.leaseBoundMs(proxyId)),
      revision: ground.counters.revision,
      round: rounds.newest,
      owed: rounds.owedBy(proxyId),
      ...(request.leaving ? { gone: [], wants: "digest" } : sessions.renewed(request)),
    };
  }

  async fill(request: FillRequest): Promise<FillReply> {
    this.#checkEpoch(request.epoch);
    const { reader, ground, epoch } = this.#parts;
    for (const key of request.keys) {
      if (parseKey(key) === undefined) throw new Fault("invalid_input", `There is no key ${JSON.stringify(key)}.`);
    }
    await reader.settle(request.keys);
    return {
      epoch,
      revision: ground.counters.revision,
      filled: request.keys.map((key) => this.#fillOne(key, request.proxyId)),
    };
  }

  /**
   * All writes of a call are taken in in one turn. The answer goes back when each is decided or held up, so that none
   * makes the others wait for proxies; a single write has nobody to keep waiting.
   */
  async execute(request: ExecuteRequest): Promise<ExecuteReply> {
    this.#checkEpoch(request.epoch);
    const { writes, proxyId } = request;
    const mayHoldUp = writes.length === 1;
    const results = await Promise.all(writes.map((write) => this.#executeOne(write, proxyId, mayHoldUp)));
    return { results, revision: this.#parts.ground.counters.revision };
  }

  async events(request: EventsRequest): Promise<EventsReply> {
    this.#checkEpoch(request.epoch);
    return this.#parts.events.after(request.after, this.#parts.ground.counters.revision);
  }

  async #executeOne(write: LinkWrite, proxyId: string | null, mayHoldUp: boolean): Promise<WriteResult> {
    try {
      const taken = this.#parts.decider.take(write, proxyId);
      if (!mayHoldUp && (await taken.decidedOrHeldUp) === "heldUp") return heldUp(taken);
      const { answer, attachment } = await taken.decision;
      return { status: "decided", answer, attachment };
    } catch (error) {
      const fault = faultOf(error);
      if (fault.code === "internal_error") this.#parts.log.error({ err: error }, "a write of a proxy failed");
      return { status: "failed", fault: faultBodyOf(fault) };
    }
  }

  /** Rule E1: what the next master must wait for is on disk before there is anything to wait for. */
  async #noteThatLeasesAreGranted(): Promise<void> {
    const { ground, writes } = this.#parts;
    const { proxyLeaseMs } = LIMITS;
    if (ground.counters.proxyLeaseMs >= proxyLeaseMs) return;
    await writes.submit({ command: { kind: "grantLeases", proxyLeaseMs } }).answer;
  }

  /** A grant is given for an open key and a running lease only (rule R1), and never for what is no single entry (rule R8). */
  #fillOne(key: string, proxyId: string | null): Filled {
    const { leases, interest, rounds, writes, reader, clock } = this.#parts;
    const mayKeep =
      !this.#closing &&
      proxyId !== null &&
      isOneEntry(key) &&
      leases.isRunning(proxyId) &&
      !writes.isClosed(key) &&
      interest.grant(key, proxyId, clock.monotonicMs());
    return { entry: reader.timedEntry(key), grant: mayKeep ? rounds.newest : null };
  }

  #checkEpoch(epoch: number): void {
    if (epoch === this.#parts.epoch) return;
    throw new Fault("epoch_changed", `This is epoch ${this.#parts.epoch} of the cell, not ${epoch}; register anew.`);
  }

  #checkLease(proxyId: string): void {
    if (this.#parts.leases.isRunning(proxyId)) return;
    throw new Fault("lease_expired", `The lease of proxy ${proxyId} is over; register anew.`);
  }

  #refuseWhenClosing(): void {
    if (!this.#closing) return;
    throw new Fault("shutting_down", "The master is stopping and grants no more.", { retryAfterMs: RETRY_AFTER_MS });
  }
}

function isOneEntry(key: string): boolean {
  const kind = parseKey(key)?.kind;
  return kind === "lock" || kind === "token";
}

/** It will be sent again, and told then; what becomes of it until then is nobody's to hear. */
function heldUp({ decision }: Taken): WriteResult {
  decision.catch(() => {});
  return { status: "heldUp" };
}
