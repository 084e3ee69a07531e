import type { Clock, Timer } from "../ports/clock.js";
import type { HeardVoice, HeldSession } from "./held-session.js";
import { TimingWheel } from "./timing-wheel.js";

/** Silence is noticed within twice this time: once for the slot, once for the timer. */
const SLOT_MS = 100;
/** A pause of the event loop of this length was not listening (rule S5). */
const STALL_MS = 1_000;
/** Some ms of work. Those that are left are looked at in the next turn. */
const SESSIONS_PER_TURN = 5_000;

/**
 * Finds the sessions of which nothing was heard for their lease.
 *
 * A timer for each would be too many; and a timer that fires first after the event loop stood still would call those
 * silent whose messages lie unread in the sockets. So each session is looked at when its lease may be over at the
 * earliest, and put back if it was heard meanwhile; who is due is judged one turn after the timer, when the sockets
 * have been read; and after a stall the silence of everybody starts anew (rule S5). A jump of the wall clock is a stall
 * as well: a machine that was suspended may see it on that clock alone (rule S4).
 */
export class Silence {
  readonly #clock: Clock;
  readonly #mayJudge: () => boolean;
  readonly #onSilent: (session: HeldSession) => void;
  readonly #wheel = new TimingWheel<HeldSession>(SLOT_MS);
  #listeningSinceMs: number;
  #lookedMs: number;
  #lookedWallMs: number;
  #timer: Timer | undefined;
  #isJudging = false;

  constructor(parts: { clock: Clock; mayJudge: () => boolean; onSilent: (session: HeldSession) => void }) {
    this.#clock = parts.clock;
    this.#mayJudge = parts.mayJudge;
    this.#onSilent = parts.onSilent;
    this.#lookedMs = this.#listeningSinceMs = parts.clock.monotonicMs();
    this.#lookedWallMs = parts.clock.wallMs();
  }

  /** Begins to listen for a session. */
  watch(session: HeldSession): void {
    this.#wheel.put(session, this.#silentAtMs(session), this.#look());
    this.#timer ??= this.#clock.after(SLOT_MS, () => this.#tick());
  }

  forget(session: HeldSession): void {
    this.#wheel.remove(session);
  }

  /** The silence of everybody starts anew. */
  listenAnew(): void {
    this.#listeningSinceMs = this.#clock.monotonicMs();
  }

  /** How long nothing was heard while somebody listened, in ms. */
  ofVoice(voice: HeardVoice): number {
    return this.#look() - Math.max(voice.heardMs, this.#listeningSinceMs);
  }

  /** What is left of a session's lease if nothing more is heard, in ms. */
  leftMs(session: HeldSession): number {
    const nowMs = this.#look();
    return Math.max(0, this.#silentAtMs(session) - nowMs);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#wheel.clear();
  }

  #silentAtMs({ voice, heardMs, leaseMs }: HeldSession): number {
    return Math.max(voice?.heardMs ?? heardMs, heardMs, this.#listeningSinceMs) + leaseMs;
  }

  #tick(): void {
    this.#look();
    if (this.#wheel.isEmpty) {
      this.#timer = undefined;
      return;
    }
    this.#timer = this.#clock.after(SLOT_MS, () => this.#tick());
    this.#judgeAfterTurn();
  }

  #judgeAfterTurn(): void {
    if (this.#isJudging) return;
    this.#isJudging = true;
    this.#clock.afterTurn(() => {
      this.#isJudging = false;
      this.#judge();
    });
  }

  #judge(): void {
    const nowMs = this.#look();
    if (!this.#mayJudge()) return;
    const due = this.#wheel.takeDue(nowMs, SESSIONS_PER_TURN);
    for (const session of due) {
      const silentAtMs = this.#silentAtMs(session);
      if (silentAtMs <= nowMs) this.#onSilent(session);
      else this.#wheel.put(session, silentAtMs, nowMs);
    }
    if (due.length === SESSIONS_PER_TURN) this.#judgeAfterTurn();
  }

  /** The time now; and notes if nobody was listening until now. */
  #look(): number {
    const nowMs = this.#clock.monotonicMs();
    const nowWallMs = this.#clock.wallMs();
    const isStall = nowMs - this.#lookedMs > STALL_MS || nowWallMs - this.#lookedWallMs > STALL_MS;
    if (isStall) this.#listeningSinceMs = nowMs;
    this.#lookedMs = nowMs;
    this.#lookedWallMs = nowWallMs;
    return nowMs;
  }
}
