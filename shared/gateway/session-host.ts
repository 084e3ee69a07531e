import type { Answer, LockCommand } from "../protocol/commands.js";
import type { SessionLock, SessionWait } from "../protocol/entries.js";
import type { Grant } from "../protocol/link.js";

/** Who asks: a principal, by the token that stood for it in this very turn. */
export interface SessionCaller {
  readonly principal: string;
  readonly tokenHash: string;
}

/** What a client on a socket is told of the sessions that live by it. */
export interface VoiceListener {
  onGrant(grant: Grant, attachment: number): void;
  /**
   * The session is not held by this voice any more. `ended`: of silence. `taken`: it was resumed by another voice or at
   * another gateway, or its owner ended it at another door; a resume tells which.
   */
  onGone(sessionId: string, why: "ended" | "taken"): void;
}

/**
 * One client's way to be heard: a socket. Every session that it last used lives by what is heard there, and what is to
 * be said to that session goes there.
 */
export interface Voice {
  readonly listener: VoiceListener;
}

export interface OpenedSession {
  readonly sessionId: string;
  /** Told this once, to the client that opened the session. */
  readonly resumeSecret: string;
  readonly leaseMs: number;
}

export interface ResumedSession {
  readonly leaseMs: number;
  readonly attachment: number | null;
  readonly locks: readonly SessionLock[];
  readonly waits: readonly SessionWait[];
}

/** A session's state as OctoStore shows it. */
export interface SessionView {
  readonly leaseMs: number;
  /** How long it lives at least, if nothing more is heard. */
  readonly leftMs: number;
  readonly lockCount: number;
}

/**
 * The sessions of a gateway: those that hold nothing are its own alone, the others are anchored at the master and
 * attached here (rule S1). Calls reject or throw with a `Fault`: `session_expired` for a session that ended,
 * `not_found` for one of somebody else, `overloaded` where the gateway's own lease does not run.
 */
export interface SessionHost {
  readonly size: number;
  newVoice(listener: VoiceListener): Voice;
  /** Notes a message, whatever it says: a sign of life for every session of the voice that is not silent already. */
  hear(voice: Voice): void;
  /** How long nothing was heard from a voice while somebody listened, in ms. */
  silenceMs(voice: Voice): number;
  /** The socket is gone. Its sessions are not: they live until they were silent for their lease. */
  lose(voice: Voice): void;

  open(caller: SessionCaller, leaseMs: number | undefined, voice: Voice): OpenedSession;
  /** Binds a session to a voice by its secret: one of this gateway's own at once, an anchored one by the master. */
  resume(caller: SessionCaller, sessionId: string, resumeSecret: string, voice: Voice): Promise<ResumedSession>;
  /** Prolongs a session that is held here. The hot path: never waits. */
  keepAlive(caller: SessionCaller, sessionId: string, voice: Voice): { leaseMs: number; attachment: number | null };
  /** Ends it. One that is anchored has let go of its locks, everywhere, when this resolves. */
  close(caller: SessionCaller, sessionId: string): Promise<void>;
  /** A write on a lock for a session that is held here; anchors it if it must. */
  execute(
    caller: SessionCaller,
    write: { readonly sessionId: string; readonly operationId: string; readonly command: LockCommand },
  ): Promise<{ answer: Answer; attachment: number | null }>;

  /** A session made over HTTP: anchored at once, without a secret, so that any door can serve its owner. */
  openAnchored(caller: SessionCaller, leaseMs: number): Promise<{ sessionId: string; leaseMs: number }>;
  /** Prolongs a session over HTTP; one that is held elsewhere moves here first. */
  keepAliveHere(caller: SessionCaller, sessionId: string): Promise<{ leaseMs: number }>;
  /** Ends a session over HTTP, wherever it is held: nobody answers for it any more when this resolves. */
  closeAnywhere(caller: SessionCaller, sessionId: string): Promise<void>;
  view(caller: SessionCaller, sessionId: string): Promise<SessionView>;
}
