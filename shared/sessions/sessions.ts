import { timingSafeEqual } from "node:crypto";
import type {
  OpenedSession,
  ResumedSession,
  SessionCaller,
  SessionHost,
  SessionView,
  Voice,
  VoiceListener,
} from "../gateway/session-host.js";
import type { Answer, AttachedSession } from "../protocol/commands.js";
import { Fault } from "../protocol/errors.js";
import { sessionKey } from "../protocol/keys.js";
import { LIMITS } from "../protocol/limits.js";
import type { Grant, SessionDigest } from "../protocol/link.js";
import { tokenHash } from "../protocol/tokens.js";
import { Attaching, type SessionCommandWrite } from "./attaching.js";
import { ended, notServing, notYours } from "./faults.js";
import { HeardVoice, type HeldSession } from "./held-session.js";
import { Holding } from "./holding.js";
import type { SessionsParts } from "./parts.js";
import type { Wanted } from "./table.js";

/** What one report of ended sessions takes at most; about a megabyte. */
export const ENDS_REPORTED_MAX = 10_000;

/**
 * The sessions of one gateway.
 *
 * If each session were the master's, each would cost it something even while its client only reads; if none were, locks
 * would die with the gateway. So a session is the gateway's own until its first command that needs the master. That
 * command anchors it: the master journals it, and from then on it has a number under which it is attached here
 * (rule S1). KeepAlives of either kind are answered here, and only in a turn in which the gateway's own lease runs.
 */
export class Sessions implements SessionHost {
  readonly #parts: SessionsParts;
  readonly #holding: Holding;
  readonly #attaching: Attaching;

  constructor(parts: SessionsParts) {
    this.#parts = parts;
    this.#holding = new Holding(parts);
    this.#attaching = new Attaching(parts, this.#holding);
  }

  /** Judges nobody any more. */
  stop(): void {
    this.#holding.silence.stop();
  }

  /** The anchored sessions, as a `register` that is sent in this turn claims them. */
  claims(): AttachedSession[] {
    return this.#holding.claims();
  }

  /** The gateway has registered: the silence of each session starts anew (rule S5). */
  listenAnew(): void {
    this.#holding.silence.listenAnew();
  }

  /** What a renewal says of the anchored sessions (rule S8). */
  digest(wanted: Wanted): SessionDigest {
    return this.#holding.table.digest(wanted);
  }

  /** Anchored sessions that ended here and are to be reported until `endConfirmed`, or as many as one report takes. */
  unreported(): AttachedSession[] {
    return this.#holding.endings.list(this.endsReportedMax);
  }

  get endsReportedMax(): number {
    return this.#parts.endsReportedMax ?? ENDS_REPORTED_MAX;
  }

  /** The master has heard of these ends. */
  endConfirmed(sessions: readonly AttachedSession[]): void {
    this.#holding.endings.confirmed(sessions);
  }

  /**
   * The session is not held here any more, from this very turn on. `upTo`: only if it is attached under no newer
   * number than this. Harmless if it is not held.
   */
  drop(sessionId: string, why: "ended" | "taken", upTo = Number.POSITIVE_INFINITY): void {
    this.#holding.drop(sessionId, why, upTo);
  }

  /** A waiting acquire was granted. Harmless the second time, and for sessions that are not held here. */
  granted(grant: Grant): void {
    this.#holding.arrivals.granted(grant);
    const session = this.#holding.table.get(grant.sessionId);
    if (session !== undefined) this.#holding.waits.granted(session, grant);
  }

  /** Grants may have been missed: who waits is looked up at the master. */
  grantsLost(): void {
    this.#holding.waits.lost();
  }

  get size(): number {
    return this.#holding.table.size;
  }

  /** How many of them are anchored. */
  get anchored(): number {
    return this.#holding.table.anchored;
  }

  newVoice(listener: VoiceListener): Voice {
    return new HeardVoice(listener, this.#parts.clock.monotonicMs());
  }

  hear(voice: Voice): void {
    (voice as HeardVoice).heardMs = this.#parts.clock.monotonicMs();
  }

  silenceMs(voice: Voice): number {
    return this.#holding.silence.ofVoice(voice as HeardVoice);
  }

  lose(voice: Voice): void {
    (voice as HeardVoice).lose();
  }

  open({ principal }: SessionCaller, askedMs: number | undefined, voice: Voice): OpenedSession {
    this.#mustServe();
    const leaseMs = askedMs ?? LIMITS.sessionLeaseMsDefault;
    const { sessionLeaseMsMin: min, sessionLeaseMsMax: max } = LIMITS;
    if (leaseMs < min || leaseMs > max) throw new Fault("invalid_input", `leaseMs must be ${min} to ${max}.`);
    const resumeSecret = this.#parts.random.hex(16);
    const { sessionId } = this.#newSession(principal, leaseMs, tokenHash(resumeSecret), voice as HeardVoice);
    return { sessionId, resumeSecret, leaseMs };
  }

  async resume(caller: SessionCaller, sessionId: string, secret: string, voice: Voice): Promise<ResumedSession> {
    const secretHash = tokenHash(secret);
    const heard = voice as HeardVoice;
    if (this.#holding.table.get(sessionId) !== undefined) {
      let session = this.#holding.own(caller, sessionId);
      for (; session.anchoring !== undefined; session = this.#holding.own(caller, sessionId)) await session.anchoring;
      if (session.attachment === null) return this.#resumeHere(session, secretHash, heard);
    }
    return this.#attaching.bring(caller, sessionId, secretHash, heard);
  }

  keepAlive(caller: SessionCaller, sessionId: string, voice: Voice): { leaseMs: number; attachment: number | null } {
    this.#mustServe();
    const session = this.#holding.own(caller, sessionId);
    this.#holding.move(session, voice as HeardVoice);
    return { leaseMs: session.leaseMs, attachment: session.attachment };
  }

  async close(caller: SessionCaller, sessionId: string): Promise<void> {
    await this.#closeHere(caller, sessionId);
  }

  /** Answers whether it was this gateway's to end. */
  async #closeHere(caller: SessionCaller, sessionId: string): Promise<boolean> {
    const { arrivals } = this.#holding;
    // What is closed before its resume is answered would come to life again with the answer.
    for (let coming = arrivals.under(sessionId); coming !== undefined; coming = arrivals.under(sessionId)) await coming;
    const session = this.#holding.own(caller, sessionId);
    this.#holding.remove(session, "closing");
    if (session.attachment === null && session.anchoring === undefined) return true;
    return this.#attaching.close(session, caller);
  }

  async execute(
    caller: SessionCaller,
    write: SessionCommandWrite,
  ): Promise<{ answer: Answer; attachment: number | null }> {
    const answer = await this.#attaching.execute(caller, write);
    return { answer, attachment: this.#holding.table.get(write.sessionId)?.attachment ?? null };
  }

  async openAnchored(caller: SessionCaller, leaseMs: number): Promise<{ sessionId: string; leaseMs: number }> {
    this.#mustServe();
    const session = this.#newSession(caller.principal, leaseMs, null, undefined);
    await this.#attaching.open(caller, session);
    return { sessionId: session.sessionId, leaseMs };
  }

  async keepAliveHere(caller: SessionCaller, sessionId: string): Promise<{ leaseMs: number }> {
    this.#mustServe();
    const session = this.#holding.table.get(sessionId);
    if (session === undefined) return this.#attaching.bring(caller, sessionId, null, undefined);
    if (session.principal !== caller.principal) throw notYours();
    session.heardMs = this.#parts.clock.monotonicMs();
    return { leaseMs: session.leaseMs };
  }

  async closeAnywhere(caller: SessionCaller, sessionId: string): Promise<void> {
    const isHeld = this.#holding.table.get(sessionId) !== undefined;
    if (isHeld && (await this.#closeHere(caller, sessionId))) return;
    // Nobody may have told this gateway yet that the session has moved.
    await this.#attaching.closeElsewhere(caller, sessionId);
  }

  async view(caller: SessionCaller, sessionId: string): Promise<SessionView> {
    const own = this.#holding.table.get(sessionId);
    if (own !== undefined && own.principal !== caller.principal) throw notYours();
    if (own !== undefined && own.attachment === null) return this.#viewOf(own, 0);
    const [entry] = await this.#parts.read([sessionKey(sessionId)]);
    const known = entry?.value;
    if (known?.kind !== "session" || known.principal !== caller.principal) throw notYours();
    const held = this.#holding.table.get(sessionId);
    return held === undefined
      ? { leaseMs: known.leaseMs, leftMs: 0, lockCount: known.lockCount }
      : this.#viewOf(held, known.lockCount);
  }

  #viewOf(session: HeldSession, lockCount: number): SessionView {
    return { leaseMs: session.leaseMs, leftMs: this.#holding.silence.leftMs(session), lockCount };
  }

  #newSession(
    principal: string,
    leaseMs: number,
    secretHash: string | null,
    voice: HeardVoice | undefined,
  ): HeldSession {
    if (this.size >= LIMITS.sessionsPerGatewayMax) {
      throw new Fault("capacity_exceeded", "This gateway is full of sessions. Use another one.", {
        retryAfterMs: LIMITS.sessionLeaseMsMax,
      });
    }
    return this.#holding.hold({ sessionId: this.#parts.random.hex(16), principal, leaseMs, secretHash }, voice);
  }

  #resumeHere(session: HeldSession, secretHash: string, voice: HeardVoice): ResumedSession {
    this.#mustServe();
    if (session.secretHash === null) throw ended();
    if (!timingSafeEqual(Buffer.from(session.secretHash), Buffer.from(secretHash))) {
      throw new Fault("forbidden", "The resume secret is not the session's.");
    }
    this.#holding.moveTelling(session, voice);
    return { leaseMs: session.leaseMs, attachment: null, locks: [], waits: [] };
  }

  #mustServe(): void {
    if (!this.#parts.mayKeepAlive()) throw notServing();
  }
}
