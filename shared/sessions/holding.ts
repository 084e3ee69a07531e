import type { SessionCaller } from "../gateway/session-host.js";
import type { AttachedSession } from "../protocol/commands.js";
import { Arrivals } from "./arrivals.js";
import { Endings } from "./endings.js";
import { ended, notYours } from "./faults.js";
import { type HeardVoice, HeldSession } from "./held-session.js";
import type { SessionsParts } from "./parts.js";
import { Silence } from "./silence.js";
import { SessionTable } from "./table.js";
import { Waits } from "./waits.js";

/** Which sessions are held here, and how they come and go: the part that needs no answer from the master. */
export class Holding {
  readonly table = new SessionTable();
  readonly endings = new Endings();
  readonly arrivals = new Arrivals();
  readonly waits: Waits;
  readonly silence: Silence;
  readonly #parts: SessionsParts;
  #life = 0;

  constructor(parts: SessionsParts) {
    this.#parts = parts;
    const { clock, mayKeepAlive, read } = parts;
    this.waits = new Waits({ clock, read });
    this.silence = new Silence({ clock, mayJudge: mayKeepAlive, onSilent: (session) => this.#endSilent(session) });
  }

  /** Changes when the sessions are claimed anew: what an earlier write attached belongs to a lease that is over. */
  get life(): number {
    return this.#life;
  }

  /** All that are anchored. What arrives from now on by an answer to an earlier write is not among them. */
  claims(): AttachedSession[] {
    this.#life += 1;
    return this.table.attached();
  }

  /** @throws Fault session_expired, not_found */
  own({ principal }: SessionCaller, sessionId: string): HeldSession {
    const session = this.table.get(sessionId);
    if (session === undefined) throw ended();
    if (session.principal !== principal) throw notYours();
    return session;
  }

  hold(of: ConstructorParameters<typeof HeldSession>[0], voice: HeardVoice | undefined): HeldSession {
    const session = new HeldSession(of, this.#parts.clock.monotonicMs());
    session.moveTo(voice);
    this.table.add(session);
    this.silence.watch(session);
    return session;
  }

  /** It lives by this voice from now on. */
  move(session: HeldSession, voice: HeardVoice): void {
    if (session.voice === voice) return;
    session.moveTo(voice);
    this.waits.heard(session);
  }

  /** The same, by a resume: nothing more is said to the voice that it had. */
  moveTelling(session: HeldSession, voice: HeardVoice): void {
    const before = session.voice;
    this.move(session, voice);
    if (before !== voice) before?.listener.onGone(session.sessionId, "taken");
  }

  /** The master has attached it here. If it ended meanwhile, the master has to hear of that. */
  attached(session: HeldSession, attachment: number): void {
    if (session.state === "held") this.table.attach(session, attachment);
    else if (session.state === "closing") session.attachment = attachment;
    else this.#report({ sessionId: session.sessionId, attachment });
  }

  /** Lets go of it: nothing is answered for it from this turn on (rule S2). */
  remove(session: HeldSession, state: "closing" | "gone"): void {
    session.state = state;
    this.table.remove(session);
    this.silence.forget(session);
    this.waits.forget(session);
    session.moveTo(undefined);
  }

  drop(sessionId: string, why: "ended" | "taken", upTo: number): void {
    this.arrivals.gone(sessionId, upTo);
    const session = this.table.get(sessionId);
    if (session !== undefined && (session.attachment ?? 0) <= upTo) this.#removeTelling(session, why);
  }

  /** An end that was decided here, and that the master does not know yet. */
  end(session: HeldSession): void {
    const { sessionId, attachment } = session;
    if (attachment !== null) this.#report({ sessionId, attachment });
  }

  #endSilent(session: HeldSession): void {
    this.#removeTelling(session, "ended");
    this.end(session);
  }

  #removeTelling(session: HeldSession, why: "ended" | "taken"): void {
    const { voice, sessionId } = session;
    this.remove(session, "gone");
    voice?.listener.onGone(sessionId, why);
  }

  #report(session: AttachedSession): void {
    this.endings.add(session);
    this.#parts.ended(session);
  }
}
