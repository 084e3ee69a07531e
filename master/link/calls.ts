import type { Clock } from "../../shared/ports/clock.js";
import type { MasterLink } from "../../shared/ports/link.js";
import type { Log } from "../../shared/ports/log.js";
import { Fault } from "../../shared/protocol/errors.js";
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
  RegisterReply,
  RegisterRequest,
  RenewReply,
  RenewRequest,
} from "../../shared/protocol/link.js";
import { timedEntryOf } from "../cell/entries.js";
import type { Ground } from "../cell/ground.js";
import type { CellTime } from "../cell-time.js";
import type { EventLog } from "../coherence/event-log.js";
import type { Interest } from "../coherence/interest.js";
import type { ProxyLeases } from "../coherence/leases.js";
import type { Rounds } from "../coherence/rounds.js";
import type { Writes } from "../coherence/writes.js";
import type { Decider } from "../decider.js";
import type { Expiry } from "../expiry.js";

const RETRY_AFTER_MS = 1_000;

export interface CallParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly epoch: number;
  readonly ground: Ground;
  readonly time: CellTime;
  readonly leases: ProxyLeases;
  readonly interest: Interest;
  readonly rounds: Rounds;
  readonly writes: Writes;
  readonly events: EventLog;
  readonly expiry: Expiry;
  readonly decider: Decider;
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
    const { leases, epoch, rounds, ground, log } = this.#parts;
    if (!leases.isNewestAttempt(request.process, request.attempt)) {
      throw new Fault("conflict", "A newer registration of this proxy process was seen already.");
    }
    if (request.givesUp?.epoch === epoch) leases.end(request.givesUp.proxyId);
    await this.#noteThatLeasesAreGranted();
    this.#refuseWhenClosing();
    const { name, url, zone } = request;
    const { proxyId } = leases.open(epoch, { name, url, zone });
    log.info({ proxyId, proxy: name, url, zone }, "A proxy registered.");
    return {
      proxyId,
      epoch,
      leaseMs: LIMITS.proxyLeaseMs,
      revision: ground.counters.revision,
      round: rounds.newest,
    };
  }

  async renew(request: RenewRequest): Promise<RenewReply> {
    const { leases, rounds, ground } = this.#parts;
    const { proxyId } = request;
    this.#checkEpoch(request.epoch);
    this.#checkLease(proxyId);
    for (const ack of request.acks) rounds.ack(proxyId, ack);
    if (request.leaving) leases.end(proxyId);
    else this.#refuseWhenClosing();
    return {
      leaseMs: request.leaving ? 0 : leases.prolong(proxyId, rounds.leaseBoundMs(proxyId)),
      revision: ground.counters.revision,
      round: rounds.newest,
      owed: rounds.owedBy(proxyId),
    };
  }

  async fill(request: FillRequest): Promise<FillReply> {
    this.#checkEpoch(request.epoch);
    const { expiry, ground, epoch } = this.#parts;
    for (const key of request.keys) {
      if (parseKey(key) === undefined) throw new Fault("invalid_input", `There is no key ${JSON.stringify(key)}.`);
    }
    await expiry.beforeRead(request.keys);
    return {
      epoch,
      revision: ground.counters.revision,
      filled: request.keys.map((key) => this.#fillOne(key, request.proxyId)),
    };
  }

  async execute(request: ExecuteRequest): Promise<ExecuteReply> {
    this.#checkEpoch(request.epoch);
    const { operationId, tokenHash, command } = request;
    const answer = await this.#parts.decider.decide({ operationId, tokenHash, command });
    return { answer, revision: this.#parts.ground.counters.revision };
  }

  async events(request: EventsRequest): Promise<EventsReply> {
    this.#checkEpoch(request.epoch);
    return this.#parts.events.after(request.after, this.#parts.ground.counters.revision);
  }

  /** Rule E1: what the next master must wait for is on disk before there is anything to wait for. */
  async #noteThatLeasesAreGranted(): Promise<void> {
    const { ground, writes } = this.#parts;
    const { proxyLeaseMs } = LIMITS;
    if (ground.counters.proxyLeaseMs >= proxyLeaseMs) return;
    await writes.submit({ command: { kind: "grantLeases", proxyLeaseMs } }).answer;
  }

  /** A grant is given for an open key and a running lease only (rule R1), and never for a list (rule R8). */
  #fillOne(key: string, proxyId: string | null): Filled {
    const { leases, interest, rounds, writes, ground, time, clock } = this.#parts;
    const mayKeep =
      !this.#closing &&
      proxyId !== null &&
      parseKey(key)?.kind !== "list" &&
      leases.isRunning(proxyId) &&
      !writes.isClosed(key) &&
      interest.grant(key, proxyId, clock.monotonicMs());
    return { entry: timedEntryOf(ground, key, time.nowMs()), grant: mayKeep ? rounds.newest : null };
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
