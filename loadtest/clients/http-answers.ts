import { faultAnswer } from "../../shared/gateway/answers.js";
import { writeAnswerOf } from "../../shared/gateway/write-answers.js";
import type { Answer } from "../../shared/protocol/commands.js";
import { ERRORS, type ErrorCode, faultOf } from "../../shared/protocol/errors.js";
import { type TtlAnswer, type TtlCommand, ttlAnswerOf } from "./ttl-command.js";

/** The answer says nothing of the command: it must be sent again. */
export class Undecided extends Error {
  override readonly name = "Undecided";
}

const KINDS = {
  acquired: "acquire",
  held: "acquire",
  delayed: "acquire",
  renewed: "renew",
  released: "release",
  metadataSet: "setMetadata",
  refused: "release",
} as const satisfies Record<TtlAnswer["status"], TtlCommand["kind"]>;

/** What a door answered to a command, as the cell decided it. Throws `Undecided` if the cell may not have. */
export function answerFrom(kind: TtlCommand["kind"], httpStatus: number, text: string): TtlAnswer {
  const body = parsed(text);
  if (httpStatus !== 200 && body?.status !== "delayed") return refusalFrom(httpStatus, body);
  switch (kind) {
    case "acquire":
      return acquireFrom(body);
    case "renew":
      return { status: "renewed", leaseId: body.lease_id, ...expiry(body), renewAfterMs: body.renew_after_ms };
    case "release":
      return { status: "released" };
    case "setMetadata":
      return { status: "metadataSet", leaseId: body.lease_id, metadata: body.metadata };
  }
}

/** An answer of the cell as a client is told it over HTTP, where times are rounded and the status of a refusal is its code's. */
export function asToldOverHttp(answer: Answer): TtlAnswer {
  const { status, body } = shown(answer);
  return answerFrom(KINDS[ttlAnswerOf(answer).status], status, body);
}

function shown(answer: Answer): { readonly status: number; readonly body: string } {
  try {
    return writeAnswerOf(answer);
  } catch (refusal) {
    return faultAnswer(faultOf(refusal), "");
  }
}

// biome-ignore lint/suspicious/noExplicitAny: the shape is the gateway's, whose contract suite checks it
type Body = any;

function acquireFrom(body: Body): TtlAnswer {
  switch (body.status) {
    case "acquired":
      return {
        status: "acquired",
        leaseId: body.lease_id,
        fencingToken: body.fencing_token,
        ...expiry(body),
        renewAfterMs: body.renew_after_ms,
        metadata: body.metadata,
      };
    case "held":
      return {
        status: "held",
        holderId: body.holder_id,
        ...expiry(body),
        retryAfterMs: body.retry_after_ms,
        metadata: body.metadata,
      };
    default:
      return {
        status: "delayed",
        availableAtWallMs: Date.parse(body.available_at),
        lockDelayMs: body.lock_delay_seconds * 1_000,
        retryAfterMs: body.retry_after_ms,
      };
  }
}

function refusalFrom(httpStatus: number, body: Body): TtlAnswer {
  const code: string = body?.code ?? "";
  const isFinal = Object.hasOwn(ERRORS, code) && ERRORS[code as ErrorCode].retry === "never";
  if (!isFinal) throw new Undecided(`answered ${httpStatus} ${code}`);
  return { status: "refused", code, details: body.details };
}

const expiry = (body: Body): { expiresAtWallMs: number } => ({ expiresAtWallMs: Date.parse(body.expires_at) });

function parsed(text: string): Body {
  try {
    return JSON.parse(text);
  } catch {
    throw new Undecided("answered with something that is no JSON");
  }
}
