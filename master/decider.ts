import { hash } from "node:crypto";
import type { Write } from "../shared/gateway/cell-service.js";
import type { Random } from "../shared/ports/random.js";
import type { Answer, Command } from "../shared/protocol/commands.js";
import { Fault } from "../shared/protocol/errors.js";
import type { Ground } from "./cell/ground.js";
import type { ClientPart, SessionPart } from "./cell/record.js";
import { operationKey } from "./cell/state.js";
import type { CellTime } from "./cell-time.js";
import type { Submitted, Writes } from "./coherence/writes.js";
import type { Expiry } from "./expiry.js";
import type { AnchoredSessions } from "./sessions/anchored-sessions.js";
import type { Sender } from "./sessions/bindings.js";

const RETRY_AFTER_MS = 1_000;

/** What was decided, and under which number the write's session is attached to its sender; null where it is not. */
export interface Decision {
  readonly answer: Answer;
  readonly attachment: number | null;
}

/** A write that was taken in. */
export interface Taken {
  /** When it is durable. Rejects with a `Fault` if its outcome is unknown. */
  readonly decision: Promise<Decision>;
  /** Which comes first: that it was decided, or that it must wait for proxies. */
  readonly decidedOrHeldUp: Promise<"answered" | "heldUp">;
}

/** Takes in what clients want changed, at the master's own door and over the link alike. */
export class Decider {
  readonly #ground: Ground;
  readonly #time: CellTime;
  readonly #writes: Writes;
  readonly #expiry: Expiry;
  readonly #sessions: AnchoredSessions;
  readonly #random: Random;
  readonly #locksPerPrincipal: number;
  readonly #operationsPerPrincipal: number;
  #refusal: Fault | undefined;

  constructor(parts: {
    ground: Ground;
    time: CellTime;
    writes: Writes;
    expiry: Expiry;
    sessions: AnchoredSessions;
    random: Random;
    locksPerPrincipal: number;
    operationsPerPrincipal: number;
  }) {
    this.#ground = parts.ground;
    this.#time = parts.time;
    this.#writes = parts.writes;
    this.#expiry = parts.expiry;
    this.#sessions = parts.sessions;
    this.#random = parts.random;
    this.#locksPerPrincipal = parts.locksPerPrincipal;
    this.#operationsPerPrincipal = parts.operationsPerPrincipal;
  }

  /** From now on every new command is refused with this. */
  refuseWith(refusal: Fault): void {
    this.#refusal = refusal;
  }

  /** Resolves with the cell's answer when it is durable. Rejects with a `Fault` if it was not taken in, or if its outcome is unknown. */
  async decide(write: Write, sender: Sender): Promise<Decision> {
    return this.take(write, sender).decision;
  }

  /** Takes a write in, in this very turn. @throws Fault if it is not taken in */
  take(write: Write, sender: Sender): Taken {
    if (this.#refusal !== undefined) throw this.#refusal;
    this.#checkRoom(write);
    const { command } = write;
    const { session, alsoKeys, over } = this.#sessions.admit(write, sender);
    if ("name" in command) this.#expiry.beforeCommand(command.name);
    const submitted = this.#writes.submit({ command, client: this.#clientPart(write, session), alsoKeys, sender });
    submitted.answer.then(over, over);
    return { decision: this.#decision(submitted, write, sender), decidedOrHeldUp: submitted.answerOrHeldUp };
  }

  async #decision({ answer }: Submitted, { session }: Write, sender: Sender): Promise<Decision> {
    try {
      const decided = (await answer) as Answer;
      const attachment = session === undefined ? null : this.#sessions.attachmentAt(session.sessionId, sender);
      return { answer: decided, attachment };
    } catch {
      throw new Fault(
        "upstream_unavailable",
        "The master's journal failed while this was written; whether it took effect is not known yet. " +
          "Send it again with the same Idempotency-Key.",
        { retryAfterMs: RETRY_AFTER_MS },
      );
    }
  }

  #clientPart({ command, tokenHash, operationId }: Write, session: SessionPart | undefined): ClientPart {
    const part: { -readonly [Field in keyof ClientPart]: ClientPart[Field] } = {
      tokenHash,
      newLeaseId: this.#random.uuid(),
      locksPerPrincipal: this.#locksPerPrincipal,
    };
    if (session !== undefined) part.session = session;
    if (operationId !== undefined) {
      part.operation = { id: operationId, request: fingerprint(command, session?.sessionId) };
    }
    return part;
  }

  /**
   * Rule O1: nothing is dropped for want of room, so beyond the bound nothing new is taken on record. But for a resume,
   * which asks for nothing new: refused for that, a session would not outlive its proxy (P6).
   */
  #checkRoom({ tokenHash, operationId, command }: Write): void {
    if (command.kind === "resumeSession") return;
    const { tokens, operations } = this.#ground;
    const principal = tokens.get(tokenHash)?.principal;
    if (principal === undefined || operationId === undefined) return;
    if (operations.countOf(principal) < this.#operationsPerPrincipal) return;
    if (operations.has(operationKey(principal, operationId))) return;
    operations.forgetBefore(this.#time.nowMs());
    if (operations.countOf(principal) < this.#operationsPerPrincipal) return;
    throw new Fault(
      "rate_limited",
      `More than ${this.#operationsPerPrincipal} writes of this user within 15 minutes; slow down.`,
      { retryAfterMs: RETRY_AFTER_MS },
    );
  }
}

/** Of what was asked, and for which session; not of what may differ when it is sent again (P5). */
function fingerprint(command: Command, sessionId: string | undefined): string {
  const asked = JSON.stringify(sessionId === undefined ? command : [command, sessionId]);
  return hash("sha256", asked, "base64url");
}
