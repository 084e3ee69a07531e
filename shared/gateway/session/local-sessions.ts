import type { Clock } from "../../ports/clock.js";
import type { Random } from "../../ports/random.js";
import { Fault } from "../../protocol/errors.js";
import { LIMITS } from "../../protocol/limits.js";
import { tokenHash } from "../../protocol/tokens.js";
import { Round } from "./round.js";

/** One client's way to be heard: a socket. Every session that it last used lives by what is heard there. */
export interface Voice {
  /** When the last message came, on the monotonic clock. */
  heardMs: number;
  /** No session that lives by it has a shorter lease. */
  shortestLeaseMs: number;
  readonly sessions: Set<LocalSession>;
}

export interface OpenedSession {
  readonly sessionId: string;
  /** Told this once, to the client that opened the session. */
  readonly resumeSecret: string;
  readonly leaseMs: number;
}

interface LocalSession {
  readonly sessionId: string;
  readonly principal: string;
  readonly leaseMs: number;
  readonly secretHash: string;
  voice: Voice;
}

/** A pause of the event loop of this length was not listening (rule S5). */
const STALL_MS = 1_000;
/** Some hundred µs of work. At four sweeps a second, even a full gateway is gone through in ten seconds. */
const SESSIONS_PER_SWEEP = 5_000;

/**
 * The sessions that hold nothing. They live in this gateway alone, so that clients which only read and watch
 * cost the master nothing, not even their coming and going.
 *
 * A session ends by `close`, or by silence for its lease; a closed socket does not end it. Silence is judged
 * at the moment of use, and `sweep` only clears away what nobody uses any more, some at a time. Timers alone would not do: while
 * the event loop stood still, messages lay unread in the sockets, and a timer that fires first would call their
 * senders silent. So after a stall the silence of each session starts anew (rule S5): it counts from
 * `#listeningSinceMs` at the earliest. Whoever calls must `sweep` at least every `STALL_MS / 4` for this to be seen.
 */
export class LocalSessions {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #sessions = new Map<string, LocalSession>();
  readonly #round = new Round(this.#sessions, SESSIONS_PER_SWEEP);
  #listeningSinceMs: number;
  #lookedMs: number;

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
    this.#lookedMs = this.#listeningSinceMs = clock.monotonicMs();
  }

  get size(): number {
    return this.#sessions.size;
  }

  newVoice(): Voice {
    return { heardMs: this.#clock.monotonicMs(), shortestLeaseMs: Number.POSITIVE_INFINITY, sessions: new Set() };
  }

  /** Notes a message, whatever it says: a sign of life for every session of the voice that is not silent already. */
  hear(voice: Voice): void {
    const nowMs = this.#look();
    if (this.#silenceMs(voice, nowMs) >= voice.shortestLeaseMs) this.#endSilentOf(voice, nowMs);
    voice.heardMs = nowMs;
  }

  /** How long nothing was heard from a voice while somebody listened, in ms. */
  silenceMs(voice: Voice): number {
    return this.#silenceMs(voice, this.#look());
  }

  /** @throws Fault invalid_input, capacity_exceeded */
  open(principal: string, askedMs: number | undefined, voice: Voice): OpenedSession {
    const leaseMs = askedMs ?? LIMITS.sessionLeaseMsDefault;
    const { sessionLeaseMsMin: min, sessionLeaseMsMax: max } = LIMITS;
    if (leaseMs < min || leaseMs > max) throw new Fault("invalid_input", `leaseMs must be ${min} to ${max}.`);
    if (this.size >= LIMITS.sessionsPerGatewayMax) {
      throw new Fault("capacity_exceeded", "This gateway is full of sessions. Use another one.", { retryAfterMs: max });
    }
    const sessionId = this.#random.hex(16);
    const resumeSecret = this.#random.hex(16);
    const session: LocalSession = { sessionId, principal, leaseMs, secretHash: tokenHash(resumeSecret), voice };
    this.#sessions.set(sessionId, session);
    moveTo(voice, session);
    return { sessionId, resumeSecret, leaseMs };
  }

  /** Prolongs a session by its lease, which is returned in ms. @throws Fault not_found, session_expired */
  keepAlive(sessionId: string, principal: string, voice: Voice): number {
    const session = this.#own(sessionId, principal);
    if (session.voice !== voice) moveTo(voice, session);
    return session.leaseMs;
  }

  /** @throws Fault not_found, session_expired */
  close(sessionId: string, principal: string): void {
    this.#end(this.#own(sessionId, principal));
  }

  /** Ends sessions that have been silent for their lease: all of them within a few sweeps. */
  sweep(): void {
    const nowMs = this.#look();
    this.#round.step((session) => {
      if (this.#isSilent(session, nowMs)) this.#end(session);
    });
  }

  #own(sessionId: string, principal: string): LocalSession {
    const session = this.#sessions.get(sessionId);
    if (session !== undefined && session.principal !== principal) {
      throw new Fault("not_found", "There is no such session of yours.");
    }
    if (session === undefined || this.#isSilent(session, this.#look())) {
      throw new Fault("session_expired", "This session has ended, or never was here. Open a new one.");
    }
    return session;
  }

  /** The time now; and notes if nobody was listening until now. */
  #look(): number {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#lookedMs > STALL_MS) this.#listeningSinceMs = nowMs;
    this.#lookedMs = nowMs;
    return nowMs;
  }

  #silenceMs(voice: Voice, nowMs: number): number {
    return nowMs - Math.max(voice.heardMs, this.#listeningSinceMs);
  }

  #isSilent(session: LocalSession, nowMs: number): boolean {
    return this.#silenceMs(session.voice, nowMs) >= session.leaseMs;
  }

  #endSilentOf(voice: Voice, nowMs: number): void {
    voice.shortestLeaseMs = Number.POSITIVE_INFINITY;
    for (const session of voice.sessions) {
      if (this.#isSilent(session, nowMs)) this.#end(session);
      else voice.shortestLeaseMs = Math.min(voice.shortestLeaseMs, session.leaseMs);
    }
  }

  #end(session: LocalSession): void {
    this.#sessions.delete(session.sessionId);
    session.voice.sessions.delete(session);
  }
}

function moveTo(voice: Voice, session: LocalSession): void {
  session.voice.sessions.delete(session);
  session.voice = voice;
  voice.sessions.add(session);
  voice.shortestLeaseMs = Math.min(voice.shortestLeaseMs, session.leaseMs);
}
