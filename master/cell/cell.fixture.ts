import type { Command, SessionRef } from "../../shared/protocol/commands.js";
import { tokenHash } from "../../shared/protocol/tokens.js";
import { apply } from "./apply.js";
import { Ground } from "./ground.js";
import type { Outcome } from "./outcome.js";
import type { CellCommand, ClientPart, CommandRecord, SessionPart } from "./record.js";

export const NAME = "db/primary";
const WALL_MS = 1_700_000_000_000;

export type Session = SessionRef & Partial<Pick<SessionPart, "boundToSender">>;
type Acquire = Extract<Command, { kind: "acquire" }>;

export interface Asked {
  readonly operationId?: string | undefined;
  readonly session?: Session | undefined;
  readonly locksPerPrincipal?: number | undefined;
}

/** An acquire as it is asked over HTTP, unless said otherwise. */
export const acquireOf = (some: Partial<Acquire> = {}): Acquire => ({
  kind: "acquire",
  name: NAME,
  ttlMs: 60_000,
  metadata: null,
  lockDelayMs: 0,
  delayOnRelease: true,
  ephemeral: false,
  wait: false,
  ...some,
});

/** An acquire as it is asked over a WebSocket: ephemeral, and without a TTL. */
export const ephemeralOf = (some: Partial<Acquire> = {}): Acquire =>
  acquireOf({ ttlMs: null, delayOnRelease: false, ephemeral: true, ...some });

/** A session that its gateway does not know to be anchored. Its secret is its own. */
export const newSession = (sessionId: string, some: Partial<Session> = {}): Session => ({
  sessionId,
  attachment: null,
  anchor: { leaseMs: 12_000, secretHash: `secret of ${sessionId}` },
  ...some,
});

/**
 * A cell whose commands are applied one after the other, at times that the test sets. Leases are named after the
 * revision that a command would have: the first one after the tokens of two users is `lease-3`.
 */
export class Cell {
  ground = new Ground();
  nowMs = 0;
  /** What the journal would hold. */
  readonly journaled: CommandRecord[] = [];
  #revision = 0;

  constructor(...users: string[]) {
    for (const user of users) this.know(user);
  }

  get revision(): number {
    return this.#revision;
  }

  /** Makes a token known. `alice/2` is another token of alice. */
  know(token: string): void {
    this.own({ kind: "setToken", hash: tokenHash(token), principal: `user:${token.split("/")[0]}` });
  }

  revoke(token: string): void {
    this.own({ kind: "revokeToken", hash: tokenHash(token) });
  }

  own(command: CellCommand): Outcome {
    return this.apply(this.recordOf(command));
  }

  client(token: string, command: Command, asked: Asked = {}): Outcome {
    return this.apply(this.recordOf(command, this.clientPartOf(token, command, asked)));
  }

  /** The session under the number of its newest attachment. */
  attached(sessionId: string): Session {
    return { sessionId, attachment: this.ground.sessions.get(sessionId)?.attachment ?? 0 };
  }

  recordOf(command: Command | CellCommand, client?: ClientPart): CommandRecord {
    const { nowMs: timeMs } = this;
    return { timeMs, wallMs: WALL_MS + timeMs, command, ...(client !== undefined && { client }) };
  }

  clientPartOf(token: string, command: Command, { operationId, session, locksPerPrincipal = 100 }: Asked): ClientPart {
    return {
      tokenHash: tokenHash(token),
      newLeaseId: `lease-${this.#revision + 1}`,
      locksPerPrincipal,
      ...(operationId !== undefined && {
        operation: { id: operationId, request: JSON.stringify([command, session?.sessionId]) },
      }),
      ...(session !== undefined && { session: { boundToSender: false, ...session } }),
    };
  }

  apply(record: CommandRecord): Outcome {
    const outcome = apply(this.ground, record, this.#revision + 1);
    if (outcome.writes) {
      this.#revision += 1;
      this.journaled.push(record);
    }
    return outcome;
  }
}

/** What came of a command, in a few words. */
export function told({ answer, touched }: Outcome): string {
  const said = answer.status === "refused" ? `refused ${answer.code} ${answer.httpStatus}` : answer.status;
  const [first] = touched;
  return `${said}, ${first === undefined ? "none" : first.visible ? "visible" : "silent"}`;
}
