import { systemRandom } from "../adapters/system-random.js";
import type { Clock } from "../ports/clock.js";
import type { Answer, LockCommand, SessionRef } from "../protocol/commands.js";
import type { SessionEntry } from "../protocol/entries.js";
import { Fault } from "../protocol/errors.js";
import { LIMITS } from "../protocol/limits.js";
import type { Grant } from "../protocol/link.js";
import type { FeedFixture } from "./cell-feed.fixture.js";
import type { LocksFixture } from "./cell-locks.fixture.js";
import type { Write } from "./cell-service.js";
import type {
  OpenedSession,
  ResumedSession,
  SessionCaller,
  SessionHost,
  SessionView,
  Voice,
  VoiceListener,
} from "./session-host.js";

class VoiceFixture implements Voice {
  readonly listener: VoiceListener;
  heardMs: number;

  constructor(listener: VoiceListener, heardMs: number) {
    this.listener = listener;
    this.heardMs = heardMs;
  }
}

interface SessionRecord {
  readonly sessionId: string;
  readonly principal: string;
  readonly leaseMs: number;
  readonly secret: string | null;
  /** Null: it holds nothing, and the cell has not heard of it. */
  attachment: number | null;
  /** Undefined: another gateway holds it. */
  voice: VoiceFixture | undefined;
}

export interface SessionsFixtureParts {
  readonly clock: Clock;
  readonly feed: FeedFixture;
  readonly locks: LocksFixture;
  readonly mayKeepAlive: () => boolean;
  readonly execute: (write: Write) => Promise<Answer>;
}

const nobody: VoiceListener = { onGrant() {}, onGone() {} };

/** The sessions of a cell in one object, which are all held at its one gateway until a test takes one away. */
export class SessionsFixture implements SessionHost {
  readonly #parts: SessionsFixtureParts;
  readonly #sessions = new Map<string, SessionRecord>();

  constructor(parts: SessionsFixtureParts) {
    this.#parts = parts;
    parts.feed.follow({
      onCommit: ({ grants = [] }) => {
        for (const grant of grants) this.#tell(grant);
      },
      onLost() {},
    });
  }

  get size(): number {
    return [...this.#sessions.values()].filter(({ voice }) => voice !== undefined).length;
  }

  newVoice(listener: VoiceListener): VoiceFixture {
    return new VoiceFixture(listener, this.#nowMs());
  }

  hear(voice: Voice): void {
    for (const session of this.#sessions.values()) if (session.voice === voice) this.#endIfSilent(session);
    (voice as VoiceFixture).heardMs = this.#nowMs();
  }

  silenceMs(voice: Voice): number {
    return this.#nowMs() - (voice as VoiceFixture).heardMs;
  }

  lose(): void {}

  open(caller: SessionCaller, askedMs: number | undefined, voice: Voice): OpenedSession {
    this.#mustKeepAlive();
    const leaseMs = askedMs ?? LIMITS.sessionLeaseMsDefault;
    const { sessionLeaseMsMin: min, sessionLeaseMsMax: max } = LIMITS;
    if (leaseMs < min || leaseMs > max) throw new Fault("invalid_input", `leaseMs must be ${min} to ${max}.`);
    const resumeSecret = systemRandom.hex(16);
    const { sessionId } = this.#add(caller, leaseMs, resumeSecret, voice as VoiceFixture);
    return { sessionId, resumeSecret, leaseMs };
  }

  async resume(caller: SessionCaller, sessionId: string, secret: string, voice: Voice): Promise<ResumedSession> {
    this.#mustKeepAlive();
    const session = this.#own(caller, sessionId, "session_expired");
    if (session.secret !== secret) throw new Fault("forbidden", "The resume secret is not this session's.");
    this.#attach(session, voice as VoiceFixture);
    const { locks, waits } = this.#parts.locks.ofSession(sessionId);
    return { leaseMs: session.leaseMs, attachment: session.attachment, locks, waits };
  }

  keepAlive(caller: SessionCaller, sessionId: string, voice: Voice) {
    this.#mustKeepAlive();
    const session = this.#heldHere(caller, sessionId);
    session.voice = voice as VoiceFixture;
    return { leaseMs: session.leaseMs, attachment: session.attachment };
  }

  async close(caller: SessionCaller, sessionId: string): Promise<void> {
    this.#end(this.#heldHere(caller, sessionId), "released");
  }

  async execute(caller: SessionCaller, write: { sessionId: string; operationId: string; command: LockCommand }) {
    const session = this.#heldHere(caller, write.sessionId);
    session.attachment ??= this.#parts.feed.commit();
    const { attachment } = session;
    const { command, operationId } = write;
    const ref: SessionRef = { sessionId: write.sessionId, attachment };
    const answer = await this.#parts.execute({ command, tokenHash: caller.tokenHash, session: ref, operationId });
    return { answer, attachment };
  }

  async openAnchored(caller: SessionCaller, leaseMs: number) {
    this.#mustKeepAlive();
    const session = this.#add(caller, leaseMs, null, this.newVoice(nobody));
    session.attachment = this.#parts.feed.commit();
    return { sessionId: session.sessionId, leaseMs };
  }

  async keepAliveHere(caller: SessionCaller, sessionId: string) {
    this.#mustKeepAlive();
    const session = this.#own(caller, sessionId, "not_found");
    if (session.voice === undefined) this.#attach(session, this.newVoice(nobody));
    else session.voice.heardMs = this.#nowMs();
    return { leaseMs: session.leaseMs };
  }

  async closeAnywhere(caller: SessionCaller, sessionId: string): Promise<void> {
    const session = this.#own(caller, sessionId, "not_found");
    const { voice } = session;
    this.#end(session, "released");
    voice?.listener.onGone(sessionId, "ended");
  }

  async view(caller: SessionCaller, sessionId: string): Promise<SessionView> {
    const { leaseMs, voice } = this.#own(caller, sessionId, "not_found");
    const { lockCount } = this.#parts.locks.ofSession(sessionId);
    return { leaseMs, leftMs: voice === undefined ? 0 : leaseMs - this.silenceMs(voice), lockCount };
  }

  /** Takes a session away, as a gateway does at which it is resumed. */
  take(sessionId: string): void {
    const session = this.#sessions.get(sessionId) as SessionRecord;
    const { voice } = session;
    session.voice = undefined;
    session.attachment = this.#parts.feed.commit();
    voice?.listener.onGone(sessionId, "taken");
  }

  /** Ends a session as if it had been silent for its lease. */
  fallSilent(sessionId: string): void {
    const session = this.#sessions.get(sessionId) as SessionRecord;
    this.#end(session, "expired");
    session.voice?.listener.onGone(sessionId, "ended");
  }

  /** The session as the cell knows it, if it does. */
  entry(sessionId: string): SessionEntry | null {
    const session = this.#sessions.get(sessionId);
    if (session === undefined || session.attachment === null) return null;
    const { principal, leaseMs } = session;
    return { kind: "session", sessionId, principal, leaseMs, ...this.#parts.locks.ofSession(sessionId) };
  }

  /** Why a write on behalf of a session is refused; undefined if it is not. */
  flaw(ref: SessionRef, principal: string): Fault | undefined {
    const session = this.#sessions.get(ref.sessionId);
    if (session === undefined || session.attachment === null || session.principal !== principal) return notYours();
    return ref.attachment === null || ref.attachment === session.attachment ? undefined : expired();
  }

  #add(caller: SessionCaller, leaseMs: number, secret: string | null, voice: VoiceFixture): SessionRecord {
    const sessionId = systemRandom.hex(16);
    const session = { sessionId, principal: caller.principal, leaseMs, secret, attachment: null, voice };
    this.#sessions.set(sessionId, session);
    this.#lookLater(session, leaseMs);
    return session;
  }

  #lookLater(session: SessionRecord, delayMs: number): void {
    this.#parts.clock.after(delayMs, () => {
      if (this.#sessions.get(session.sessionId) !== session) return;
      if (this.#endIfSilent(session)) return;
      const silenceMs = session.voice === undefined ? 0 : this.silenceMs(session.voice);
      this.#lookLater(session, session.leaseMs - silenceMs);
    });
  }

  #endIfSilent(session: SessionRecord): boolean {
    if (session.voice === undefined || this.silenceMs(session.voice) < session.leaseMs) return false;
    this.#end(session, "expired");
    session.voice.listener.onGone(session.sessionId, "ended");
    return true;
  }

  #attach(session: SessionRecord, voice: VoiceFixture): void {
    session.voice = voice;
    if (session.attachment !== null) session.attachment = this.#parts.feed.commit();
  }

  #end(session: SessionRecord, event: "released" | "expired"): void {
    this.#sessions.delete(session.sessionId);
    if (session.attachment === null) return;
    this.#parts.feed.commit();
    this.#parts.locks.endSession(session.sessionId, event);
  }

  #own(caller: SessionCaller, sessionId: string, ifAbsent: "not_found" | "session_expired"): SessionRecord {
    const session = this.#sessions.get(sessionId);
    if (session !== undefined && session.principal !== caller.principal) throw notYours();
    if (session === undefined || this.#endIfSilent(session)) {
      throw ifAbsent === "not_found" ? notYours() : expired();
    }
    return session;
  }

  #heldHere(caller: SessionCaller, sessionId: string): SessionRecord {
    const session = this.#own(caller, sessionId, "session_expired");
    if (session.voice === undefined) throw expired();
    return session;
  }

  #mustKeepAlive(): void {
    if (this.#parts.mayKeepAlive()) return;
    const retryAfterMs = LIMITS.renewEveryMs;
    throw new Fault("overloaded", "This gateway has lost its lease and waits for a new one.", { retryAfterMs });
  }

  #tell(grant: Grant): void {
    const session = this.#sessions.get(grant.sessionId);
    session?.voice?.listener.onGrant(grant, session.attachment as number);
  }

  #nowMs(): number {
    return this.#parts.clock.monotonicMs();
  }
}

const notYours = (): Fault => new Fault("not_found", "There is no such session of yours.");
const expired = (): Fault => new Fault("session_expired", "This session has ended, or never was here. Open a new one.");
