import type { ResumedSession, SessionCaller } from "../gateway/session-host.js";
import type { Answer, Command, LockCommand, SessionResumed } from "../protocol/commands.js";
import type { SessionLock } from "../protocol/entries.js";
import type { Arrival } from "./arrivals.js";
import { ended, faultOfRefusal, notServing, overtaken } from "./faults.js";
import type { HeardVoice, HeldSession } from "./held-session.js";
import type { Holding } from "./holding.js";
import type { SessionOutcome, SessionsParts } from "./parts.js";

export interface SessionCommandWrite {
  readonly sessionId: string;
  readonly operationId: string;
  readonly command: LockCommand;
}

/**
 * What sessions have to say to the master: their first command, which anchors them, and all that come after; resumes,
 * and closes.
 *
 * An answer may be late: while it was on its way the session may have ended here, or the gateway may have registered
 * anew without claiming what it did not know yet. So each answer is held against the present before it is believed.
 */
export class Attaching {
  readonly #parts: SessionsParts;
  readonly #holding: Holding;

  constructor(parts: SessionsParts, holding: Holding) {
    this.#parts = parts;
    this.#holding = holding;
  }

  /** Has a command of a session decided that is held here. Of several first commands one anchors, and the others wait. */
  async execute(caller: SessionCaller, { sessionId, operationId, command }: SessionCommandWrite): Promise<Answer> {
    // From the last look to the sending nobody else has a turn.
    let session = this.#holding.own(caller, sessionId);
    for (; session.anchoring !== undefined; session = this.#holding.own(caller, sessionId)) await session.anchoring;
    const ask = (): Promise<Answer> =>
      session.attachment === null
        ? this.#anchor(session, caller, operationId, command)
        : this.#command(session, session.attachment, caller, operationId, command);
    if (command.kind === "acquire" && command.wait) {
      return this.#holding.waits.asking(session, { operationId, name: command.name }, ask);
    }
    const answer = await ask();
    const isPlaceGone = answer.status === "cancelled" || answer.status === "acquired";
    if (command.kind === "cancelWait" && isPlaceGone) this.#holding.waits.cancelled(session, command.waitOperationId);
    return answer;
  }

  /** Anchors a new session at once, or lets go of it. */
  async open(caller: SessionCaller, session: HeldSession): Promise<void> {
    try {
      const answer = await this.#anchor(session, caller, this.#parts.random.uuid(), { kind: "openSession" });
      if (answer.status === "refused") throw faultOfRefusal(answer);
      if (!this.#parts.mayKeepAlive()) throw notServing();
    } catch (error) {
      if (session.state === "held") this.#letGo(session);
      throw error;
    }
  }

  /** Brings a session here that is anchored, by its secret, or by its owner's token if that is null. */
  async bring(
    caller: SessionCaller,
    sessionId: string,
    secretHash: string | null,
    voice: HeardVoice | undefined,
  ): Promise<ResumedSession> {
    const { arrivals, endings } = this.#holding;
    if (!this.#parts.mayKeepAlive()) throw notServing();
    if (endings.has(sessionId)) throw ended();
    return arrivals.during(sessionId, async (arrival) => {
      const { life } = this.#holding;
      const { answer, attachment } = await this.#write(caller, sessionId, null, { kind: "resumeSession", secretHash });
      if (answer.status === "refused") throw faultOfRefusal(answer);
      if (answer.status !== "sessionResumed") throw new Error(`a resume was answered ${answer.status}`);
      if (attachment === null || attachment <= arrival.goneUpTo || life !== this.#holding.life) throw overtaken();
      const session = this.#arrived(caller, { sessionId, secretHash, voice }, attachment, answer);
      const locks = [...answer.locks, ...this.#grantedOnTheWay(session, arrival)];
      if (!this.#parts.mayKeepAlive()) throw notServing();
      return { leaseMs: session.leaseMs, attachment, locks, waits: placesOf(session) };
    });
  }

  /**
   * Ends a session of which this gateway has let go already (rule S2). Answers whether the cell has ended it by this: it
   * may have ended before, or live elsewhere without this gateway's having heard.
   */
  async close(session: HeldSession, caller: SessionCaller): Promise<boolean> {
    const { sessionId } = session;
    return this.#holding.endings.closing(sessionId, async () => {
      await session.anchoring;
      try {
        const anchor = session.attachment === null ? { anchor: anchorOf(session) } : {};
        const ref = { sessionId, attachment: session.attachment, ...anchor };
        const { answer } = await this.#send(caller, ref, this.#parts.random.uuid(), { kind: "closeSession" });
        if (answer.status !== "refused") return true;
        if (!isEnded(answer.code)) throw faultOfRefusal(answer);
        return false;
      } catch (error) {
        this.#holding.end(session);
        throw error;
      }
    });
  }

  /** Ends a session that is not held here. */
  async closeElsewhere(caller: SessionCaller, sessionId: string): Promise<void> {
    const { answer } = await this.#write(caller, sessionId, null, { kind: "closeSession" });
    if (answer.status === "refused") throw faultOfRefusal(answer);
  }

  async #anchor(session: HeldSession, caller: SessionCaller, operationId: string, command: Command): Promise<Answer> {
    const { life } = this.#holding;
    const sent = this.#send(
      caller,
      { sessionId: session.sessionId, attachment: null, anchor: anchorOf(session) },
      operationId,
      command,
    ).then((outcome) => this.#anchored(session, caller, life, outcome));
    const over = (): void => {
      session.anchoring = undefined;
    };
    session.anchoring = sent.then(over, over);
    return sent;
  }

  async #anchored(
    session: HeldSession,
    caller: SessionCaller,
    life: number,
    { answer, attachment }: SessionOutcome,
  ): Promise<Answer> {
    if (answer.status === "refused") {
      if (attachment === null && answer.code === "session_expired") this.#stale(session);
      return answer;
    }
    if (attachment !== null && life === this.#holding.life) this.#holding.attached(session, attachment);
    else if (attachment !== null || HAVE_ANCHORED.has(answer.status)) await this.#rebind(session, caller);
    return answer;
  }

  /**
   * It was anchored for a lease that is over by now; this gateway has its secret, and attaches it to the present one.
   * Not if it was resumed since: its client is elsewhere, and would not know that it moved (rule S3).
   */
  async #rebind(session: HeldSession, caller: SessionCaller): Promise<void> {
    const { life } = this.#holding;
    const { sessionId, secretHash } = session;
    const ref = { sessionId, attachment: null, ...(secretHash === null ? {} : { anchor: anchorOf(session) }) };
    const operationId = this.#parts.random.uuid();
    const { answer, attachment } = await this.#send(caller, ref, operationId, { kind: "resumeSession", secretHash });
    if (answer.status === "refused") {
      this.#stale(session);
      throw faultOfRefusal(answer);
    }
    if (attachment === null || life !== this.#holding.life) {
      this.#stale(session);
      throw overtaken();
    }
    this.#holding.attached(session, attachment);
  }

  async #command(
    session: HeldSession,
    attachment: number,
    caller: SessionCaller,
    operationId: string,
    command: LockCommand,
  ): Promise<Answer> {
    const { life } = this.#holding;
    const ref = { sessionId: session.sessionId, attachment };
    const outcome = await this.#send(caller, ref, operationId, command);
    const { answer } = outcome;
    const isDisowned = answer.status === "refused" && answer.code === "session_expired" && outcome.attachment === null;
    if (isDisowned && session.attachment === attachment && life === this.#holding.life) this.#stale(session);
    return answer;
  }

  #arrived(
    { principal }: SessionCaller,
    from: { sessionId: string; secretHash: string | null; voice: HeardVoice | undefined },
    attachment: number,
    { leaseMs, waits }: SessionResumed,
  ): HeldSession {
    const { table } = this.#holding;
    const { sessionId, secretHash, voice } = from;
    const known = table.get(sessionId);
    if (known?.attachment != null && known.attachment > attachment) throw overtaken();
    const session = known ?? this.#holding.hold({ sessionId, principal, leaseMs, secretHash }, voice);
    this.#holding.attached(session, attachment);
    if (known !== undefined) {
      session.heardMs = this.#parts.clock.monotonicMs();
      if (voice !== undefined) this.#holding.moveTelling(session, voice);
    }
    this.#holding.waits.resumed(session, waits);
    return session;
  }

  /** What was granted after the resume was decided, and heard of before its answer came. */
  #grantedOnTheWay(session: HeldSession, { grants }: Arrival): SessionLock[] {
    const isAwaited = ({ operationId }: Arrival["grants"][number]): boolean =>
      session.waits?.get(operationId)?.asking === 0;
    const news = grants.filter(isAwaited);
    for (const { operationId } of news) this.#holding.waits.cancelled(session, operationId);
    return news.map(({ name, answer: { leaseId, fencingToken } }) => ({ name, leaseId, fencingToken }));
  }

  /** It lives elsewhere, or has ended: nobody here can tell. */
  #stale({ sessionId, state }: HeldSession): void {
    if (state === "held") this.#holding.drop(sessionId, "taken", Number.POSITIVE_INFINITY);
  }

  #letGo(session: HeldSession): void {
    this.#holding.remove(session, "gone");
    this.#holding.end(session);
  }

  #write(caller: SessionCaller, sessionId: string, attachment: number | null, command: Command) {
    return this.#send(caller, { sessionId, attachment }, this.#parts.random.uuid(), command);
  }

  #send(
    { tokenHash }: SessionCaller,
    session: Parameters<SessionsParts["execute"]>[0]["session"],
    operationId: string,
    command: Command,
  ): Promise<SessionOutcome> {
    return this.#parts.execute({ command, tokenHash, session, operationId });
  }
}

/** Answers that the master gives to a session only when it has anchored it. */
const HAVE_ANCHORED: ReadonlySet<Answer["status"]> = new Set(["acquired", "waiting", "sessionOpened"]);

const isEnded = (code: string): boolean => code === "session_expired" || code === "not_found";

const anchorOf = ({ leaseMs, secretHash }: HeldSession) => ({ leaseMs, secretHash });

const placesOf = ({ waits }: HeldSession) =>
  [...(waits ?? [])].map(([operationId, { name }]) => ({ name, operationId }));
