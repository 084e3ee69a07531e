import { createHash } from "node:crypto";
import type { Write } from "../shared/gateway/cell-service.js";
import type { Random } from "../shared/ports/random.js";
import type { Answer } from "../shared/protocol/commands.js";
import { Fault } from "../shared/protocol/errors.js";
import { LIMITS } from "../shared/protocol/limits.js";
import type { Ground } from "./cell/ground.js";
import type { ClientPart } from "./cell/record.js";
import { operationKey } from "./cell/state.js";
import type { CellTime } from "./cell-time.js";
import type { Writes } from "./coherence/writes.js";
import type { Expiry } from "./expiry.js";

const RETRY_AFTER_MS = 1_000;

/** Takes in what clients want changed, at the master's own door and over the link alike. */
export class Decider {
  readonly #ground: Ground;
  readonly #time: CellTime;
  readonly #writes: Writes;
  readonly #expiry: Expiry;
  readonly #random: Random;
  readonly #locksPerPrincipal: number;
  #refusal: Fault | undefined;

  constructor(parts: {
    ground: Ground;
    time: CellTime;
    writes: Writes;
    expiry: Expiry;
    random: Random;
    locksPerPrincipal: number;
  }) {
    this.#ground = parts.ground;
    this.#time = parts.time;
    this.#writes = parts.writes;
    this.#expiry = parts.expiry;
    this.#random = parts.random;
    this.#locksPerPrincipal = parts.locksPerPrincipal;
  }

  /** From now on every new command is refused with this. */
  refuseWith(refusal: Fault): void {
    this.#refusal = refusal;
  }

  /** Resolves with the cell's answer when it is durable. Rejects with a `Fault` if it was not taken in, or if its outcome is unknown. */
  async decide(write: Write): Promise<Answer> {
    if (this.#refusal !== undefined) throw this.#refusal;
    this.#checkRoom(write);
    const { command } = write;
    this.#expiry.beforeCommand(command.name);
    try {
      return (await this.#writes.submit({ command, client: this.#clientPart(write) }).answer) as Answer;
    } catch {
      throw new Fault(
        "upstream_unavailable",
        "The master's journal failed while this was written; whether it took effect is not known yet. " +
          "Send it again with the same Idempotency-Key.",
        { retryAfterMs: RETRY_AFTER_MS },
      );
    }
  }

  #clientPart({ command, tokenHash, operationId }: Write): ClientPart {
    const part = { tokenHash, newLeaseId: this.#random.uuid(), locksPerPrincipal: this.#locksPerPrincipal };
    if (operationId === undefined) return part;
    const request = createHash("sha256").update(JSON.stringify(command)).digest("base64url");
    return { ...part, operation: { id: operationId, request } };
  }

  /** Rule O1: nothing is dropped for want of room, so beyond the bound nothing new is taken on record. */
  #checkRoom({ tokenHash, operationId }: Write): void {
    const { tokens, operations } = this.#ground;
    const principal = tokens.get(tokenHash)?.principal;
    if (principal === undefined || operationId === undefined) return;
    if (operations.countOf(principal) < LIMITS.operationsPerPrincipalMax) return;
    if (operations.has(operationKey(principal, operationId))) return;
    operations.forgetBefore(this.#time.nowMs());
    if (operations.countOf(principal) < LIMITS.operationsPerPrincipalMax) return;
    throw new Fault(
      "rate_limited",
      `More than ${LIMITS.operationsPerPrincipalMax} writes of this user within 15 minutes; slow down.`,
      { retryAfterMs: RETRY_AFTER_MS },
    );
  }
}
