import type { Write } from "../../shared/gateway/cell-service.js";
import type { Clock } from "../../shared/ports/clock.js";
import type { AttachedSession, SessionRef } from "../../shared/protocol/commands.js";
import { Fault } from "../../shared/protocol/errors.js";
import { LIMITS } from "../../shared/protocol/limits.js";
import type { RenewReply, RenewRequest } from "../../shared/protocol/link.js";
import type { Ground } from "../cell/ground.js";
import { keysOf } from "../cell/keys-of.js";
import type { EndSessionCommand, SessionPart } from "../cell/record.js";
import { operationKey, type SessionRecord } from "../cell/state.js";
import type { Decided } from "../coherence/group-commit.js";
import type { ProxyLeases } from "../coherence/leases.js";
import { Bindings, MASTER_DOOR, type Sender } from "./bindings.js";
import { Orphans } from "./orphans.js";
import { type Difference, Reconciler } from "./reconciler.js";
import { UnderWay } from "./under-way.js";

/** Why a session ended: its owner closed it, its client fell silent, or nobody came for it in time. */
export type EndCause = "closed" | "silent" | "orphaned";
/** What a comparison with a proxy's lists came to for one session. */
export type Mended = "dropped" | "claimed" | "orphaned";

export interface AnchoredSessionsParts {
  readonly clock: Clock;
  readonly ground: Ground;
  readonly leases: ProxyLeases;
  /** What an orphan has beyond its lease, in ms; counted as two proxy leases at least (rule S5). */
  readonly graceMs: number;
  /** Has the cell end a session, which may also change these keys. Settles when that is decided. */
  readonly submitEnd: (command: EndSessionCommand, alsoKeys: readonly string[]) => Promise<unknown>;
  /** The master's own gateway lets go of a session, if it holds it under no newer number. */
  readonly dropHere: (session: AttachedSession, why: "ended" | "taken") => void;
  readonly onEnd: (cause: EndCause) => void;
  readonly onMended: (how: Mended) => void;
}

/** A write of a session that was taken in. */
export interface Admission {
  readonly session: SessionPart | undefined;
  /** What the command may change beside what the state says (rule R3). */
  readonly alsoKeys: readonly string[];
  /** To be called when it is answered. */
  readonly over: () => void;
}

/**
 * The anchored sessions, as far as they are not journaled: who holds them, who is ending, and who is nobody's.
 *
 * A proxy keeps its clients' sessions alive without a word to the master, so the master must know for each whom to
 * believe. It believes the newest attachment number, which the journal keeps (rule S1), and whoever holds the session
 * under it while their lease runs. When that is nobody, the session is an orphan, and lives on for its lease and the
 * grace: so a proxy may die without any session of its clients, and the master may restart without knowing where any
 * of them is.
 */
export class AnchoredSessions {
  readonly #parts: AnchoredSessionsParts;
  readonly #bindings: Bindings;
  readonly #orphans: Orphans;
  readonly #underWay = new UnderWay();
  readonly #reconcilers = new Map<string, Reconciler>();
  readonly #startedAtMs: number;

  constructor(parts: AnchoredSessionsParts) {
    const { clock, leases, dropHere } = parts;
    this.#parts = parts;
    this.#startedAtMs = clock.monotonicMs();
    const graceMs = Math.max(parts.graceMs, 2 * LIMITS.proxyLeaseMs);
    this.#orphans = new Orphans({ clock, graceMs, onOver: (sessionId) => this.#giveUp(sessionId) });
    this.#bindings = new Bindings({
      ...{ clock, dropHere },
      isRunning: (proxyId) => leases.isRunning(proxyId),
      onOrphaned: (sessionId) => this.#orphaned(sessionId),
      onHeld: (sessionId) => this.#orphans.remove(sessionId),
    });
  }

  /** At the start of a master all are orphans: takes so many in at each step. To be done before anybody is served. */
  *takeIn(perStep: number): Generator<void> {
    let taken = 0;
    for (const { sessionId, leaseMs } of this.#parts.ground.sessions.values()) {
      this.#orphans.add(sessionId, leaseMs);
      taken += 1;
      if (taken % perStep === 0) yield;
    }
  }

  get orphans(): number {
    return this.#orphans.size;
  }

  /** Gives no orphan up any more: what falls due from now on is for the next master. */
  stop(): void {
    this.#orphans.stop();
  }

  /**
   * Takes in a write, in the turn in which it is submitted. From an end on nothing new is taken from its session
   * (rule S2); what is sent again under its operation id gets its answer.
   *
   * @throws Fault session_expired
   */
  admit({ command, session: ref, tokenHash, operationId }: Write, sender: Sender): Admission {
    if (ref === undefined) return { session: undefined, alsoKeys: [], over: () => {} };
    const { sessionId } = ref;
    const { ground } = this.#parts;
    const principal = ground.tokens.get(tokenHash)?.principal;
    const operation = principal && operationId && operationKey(principal, operationId);
    const isAgain =
      operation !== undefined && (this.#underWay.has(sessionId, operation) || ground.operations.has(operation));
    if (!isAgain && command.kind !== "closeSession" && this.#underWay.isEnding(sessionId)) throw sessionExpired();

    const session = partOf(ref, sender !== null && this.#bindings.holderOf(sessionId) === sender);
    const isEnd = command.kind === "closeSession" && !isAgain && this.#mayClose(ref.attachment, sessionId, principal);
    const isMove = command.kind === "resumeSession" && command.secretHash === null;
    const alsoKeys = isEnd ? this.#underWay.keysOf(sessionId) : [];
    // Who closes by number, or anchored it, has let go of it already.
    if (isEnd && session.boundToSender && (ref.attachment !== null || ref.anchor)) this.#bindings.release(sessionId);
    const keys = keysOf(ground, { command });
    return { session, alsoKeys, over: this.#underWay.begin(sessionId, { keys, operation, isEnd, isMove }) };
  }

  /** The number under which the sender holds the session; null if it does not. */
  attachmentAt(sessionId: string, sender: Sender): number | null {
    if (sender === null || this.#bindings.holderOf(sessionId) !== sender) return null;
    return this.#parts.ground.sessions.get(sessionId)?.attachment ?? null;
  }

  /** The proxies that may answer for the session, and must hear of what is to happen to it. */
  proxiesOf(sessionId: string): string[] {
    return this.#bindings.mayAnswer(sessionId);
  }

  /** The session's holder has let go of it in a round, or does so now: nobody answers for it any more. */
  told(sessionId: string, why: "ended" | "taken"): void {
    const session = this.#parts.ground.sessions.get(sessionId);
    if (session !== undefined && this.#bindings.holderOf(sessionId) === MASTER_DOOR) this.#parts.dropHere(session, why);
    this.#bindings.release(sessionId);
  }

  /** Follows what became visible, in the same turn. */
  committed(decided: readonly Decided[]): void {
    for (const { ticket, outcome } of decided) {
      if (outcome.attached !== undefined) this.#bindings.attach(outcome.attached, ticket.sender);
      if (outcome.ended === undefined) continue;
      this.#bindings.forget(outcome.ended);
      if (ticket.request.command.kind === "closeSession") this.#parts.onEnd("closed");
    }
  }

  /** A gateway reports the ends of sessions that fell silent there. What is not true any more is ignored (rule S1). */
  report(ended: readonly AttachedSession[], sender: string): void {
    for (const { sessionId, attachment } of ended) {
      const session = this.#parts.ground.sessions.get(sessionId);
      const holder = this.#bindings.holderOf(sessionId);
      if (session?.attachment !== attachment || (holder !== undefined && holder !== sender)) continue;
      this.#bindings.release(sessionId);
      const waitMs = this.#silentAtMs(session) - this.#parts.clock.monotonicMs();
      if (waitMs > 0) this.#orphans.addSilent(sessionId, waitMs);
      else this.#end(session, "silent");
    }
  }

  /** A proxy that has registered says what it holds. Returns those that it must drop. */
  claim(claims: readonly AttachedSession[], proxyId: string): string[] {
    return claims.filter((claimed) => !this.#claimOne(claimed, proxyId)).map(({ sessionId }) => sessionId);
  }

  /** Takes a renewal's report of the sessions that the proxy holds (rule S8). */
  renewed({ proxyId, sessions, goneSeen }: RenewRequest): Pick<RenewReply, "gone" | "wants"> {
    const ledger = this.#bindings.ledgerOf(proxyId);
    ledger.confirm({ asOf: sessions.asOf, goneSeen }, this.#parts.clock.monotonicMs());
    const reconciler = this.#reconcilers.get(proxyId) ?? new Reconciler();
    this.#reconcilers.set(proxyId, reconciler);
    const { wants, mend } = reconciler.compare(ledger, sessions);
    for (const difference of mend) this.#parts.onMended(this.#mend(difference, proxyId));
    return { gone: ledger.goneList(), wants };
  }

  /** The proxy's lease is over: what it held is nobody's. */
  leaseOver(proxyId: string): void {
    this.#reconcilers.delete(proxyId);
    this.#bindings.leaseOver(proxyId);
  }

  /** A list never takes a session from a proxy whose lease runs, but for a lease that this very process never heard of. */
  #claimOne(claimed: AttachedSession, proxyId: string): boolean {
    const { ground, leases } = this.#parts;
    const { sessionId, attachment } = claimed;
    if (ground.sessions.get(sessionId)?.attachment !== attachment) return false;
    // Its holder is being told that it goes: nobody else may take its place before that is decided.
    if (this.#underWay.isLeaving(sessionId)) return false;
    const holder = this.#bindings.holderOf(sessionId);
    if (holder !== undefined && !leases.areOfOneProcess(holder, proxyId)) return false;
    this.#bindings.claim(claimed, proxyId);
    return true;
  }

  #mend({ is, sessionId, attachment }: Difference, proxyId: string): Mended {
    if (is === "missing") {
      if (this.#bindings.holderOf(sessionId) === proxyId) this.#bindings.release(sessionId);
      return "orphaned";
    }
    const isNobodys = this.#bindings.holderOf(sessionId) === undefined;
    if (isNobodys && this.#claimOne({ sessionId, attachment }, proxyId)) return "claimed";
    this.#bindings.ledgerOf(proxyId).tell({ sessionId, attachment });
    return "dropped";
  }

  #mayClose(attachment: number | null, sessionId: string, principal: string | undefined): boolean {
    const session = this.#parts.ground.sessions.get(sessionId);
    if (session === undefined || session.principal !== principal) return false;
    return attachment === null || attachment === session.attachment;
  }

  /**
   * Before that nobody is silent. Whom a restart cut off had no chance to be heard (rule S5); and whom a resume took from
   * a proxy, one that its client had given up perhaps, may be answered there until that proxy has heard of it (P1).
   */
  #silentAtMs({ sessionId, leaseMs }: SessionRecord): number {
    const cutOffAtMs = Math.max(this.#startedAtMs, this.#bindings.takenAtMs(sessionId) ?? 0);
    return cutOffAtMs + LIMITS.proxyLeaseMs + leaseMs;
  }

  #orphaned(sessionId: string): void {
    const session = this.#parts.ground.sessions.get(sessionId);
    if (session !== undefined) this.#orphans.add(sessionId, session.leaseMs);
  }

  #giveUp(sessionId: string): void {
    const session = this.#parts.ground.sessions.get(sessionId);
    if (session !== undefined) this.#end(session, "orphaned");
  }

  #end({ sessionId, attachment }: SessionRecord, cause: EndCause): void {
    if (this.#underWay.isEnding(sessionId)) return;
    const command: EndSessionCommand = { kind: "endSession", sessionId, attachment };
    const alsoKeys = this.#underWay.keysOf(sessionId);
    const over = this.#underWay.begin(sessionId, { keys: [], operation: undefined, isEnd: true, isMove: false });
    this.#parts.onEnd(cause);
    // A failed journal stops the master; nobody here has anything to add to that.
    this.#parts.submitEnd(command, alsoKeys).then(over, over);
  }
}

/** Field by field: what is made for each write should have one shape for the engine, which a copy by spread has not. */
function partOf({ sessionId, attachment, anchor }: SessionRef, boundToSender: boolean): SessionPart {
  if (anchor === undefined) return { sessionId, attachment, boundToSender };
  return { sessionId, attachment, anchor, boundToSender };
}

const sessionExpired = (): Fault => new Fault("session_expired", "The session is ending; open a new one.");
