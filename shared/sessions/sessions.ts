import type {
  OpenedSession,
  ResumedSession,
  SessionCaller,
  SessionHost,
  SessionView,
  Voice,
  VoiceListener,
} from "../gateway/session-host.js";
import type { Answer, AttachedSession, LockCommand } from "../protocol/commands.js";
import type { Grant, SessionDigest } from "../protocol/link.js";
import type { SessionsParts } from "./parts.js";

const later = (): never => {
  throw new Error("not built yet");
};

/** The sessions of one gateway: those that are its own, and those that are anchored at the master and attached here. */
export class Sessions implements SessionHost {
  constructor(_parts: SessionsParts) {}

  /** Judges nobody any more. */
  stop(): void {
    later();
  }

  /** The gateway has registered anew: the silence of each session starts again (rule S5). */
  listenAnew(): void {
    later();
  }

  /** The anchored sessions, as `register` claims them. */
  held(): AttachedSession[] {
    return later();
  }

  /** What a renewal says of the anchored sessions (rule S8). `wants`: what the last one was answered with. */
  digest(_wants: "digest" | "buckets" | readonly number[]): SessionDigest {
    return later();
  }

  /**
   * The session is not held here any more, from this very turn on. `upTo`: only if it is attached under no newer
   * number than this. Harmless if it is not held.
   */
  drop(_sessionId: string, _why: "ended" | "taken", _upTo?: number): void {
    later();
  }

  /** A waiting acquire was granted. Harmless the second time, and for sessions that are not held here. */
  granted(_grant: Grant): void {
    later();
  }

  /** Grants may have been missed: who waits is looked up at the master. */
  grantsLost(): void {
    later();
  }

  get size(): number {
    return later();
  }

  /** How many of them are anchored. */
  get anchored(): number {
    return later();
  }

  newVoice(_listener: VoiceListener): Voice {
    return later();
  }

  hear(_voice: Voice): void {
    later();
  }

  silenceMs(_voice: Voice): number {
    return later();
  }

  lose(_voice: Voice): void {
    later();
  }

  open(_caller: SessionCaller, _leaseMs: number | undefined, _voice: Voice): OpenedSession {
    return later();
  }

  resume(_caller: SessionCaller, _sessionId: string, _resumeSecret: string, _voice: Voice): Promise<ResumedSession> {
    return later();
  }

  keepAlive(_caller: SessionCaller, _sessionId: string, _voice: Voice): { leaseMs: number; attachment: number | null } {
    return later();
  }

  close(_caller: SessionCaller, _sessionId: string): Promise<void> {
    return later();
  }

  execute(
    _caller: SessionCaller,
    _write: { readonly sessionId: string; readonly operationId: string; readonly command: LockCommand },
  ): Promise<{ answer: Answer; attachment: number | null }> {
    return later();
  }

  openAnchored(_caller: SessionCaller, _leaseMs: number): Promise<{ sessionId: string; leaseMs: number }> {
    return later();
  }

  keepAliveHere(_caller: SessionCaller, _sessionId: string): Promise<{ leaseMs: number }> {
    return later();
  }

  closeAnywhere(_caller: SessionCaller, _sessionId: string): Promise<void> {
    return later();
  }

  view(_caller: SessionCaller, _sessionId: string): Promise<SessionView> {
    return later();
  }
}
