import type { Answer } from "../protocol/commands.js";
import { ERRORS, type ErrorCode, Fault } from "../protocol/errors.js";
import { type HttpAnswer, jsonAnswer } from "./answers.js";
import { timestamp, timestampOrNull } from "./timestamps.js";

/** What the cell said, in OctoStore's words. @throws Fault for a refusal. */
export function writeAnswerOf(answer: Answer): HttpAnswer {
  switch (answer.status) {
    case "acquired":
      return jsonAnswer(200, {
        status: "acquired",
        lease_id: answer.leaseId,
        fencing_token: answer.fencingToken,
        expires_at: timestampOrNull(answer.expiresAtWallMs),
        renew_after_ms: answer.renewAfterMs,
        metadata: answer.metadata,
      });
    case "held":
      return jsonAnswer(200, {
        status: "held",
        holder_id: answer.holderId,
        expires_at: timestampOrNull(answer.expiresAtWallMs),
        retry_after_ms: answer.retryAfterMs,
        metadata: answer.metadata,
      });
    case "delayed":
      return jsonAnswer(409, {
        status: "delayed",
        available_at: timestamp(answer.availableAtWallMs),
        lock_delay_seconds: Math.ceil(answer.lockDelayMs / 1000),
        retry_after_ms: answer.retryAfterMs,
      });
    case "renewed":
      return jsonAnswer(200, {
        lease_id: answer.leaseId,
        expires_at: timestamp(answer.expiresAtWallMs),
        renew_after_ms: answer.renewAfterMs,
      });
    case "released":
      return jsonAnswer(200, null);
    case "metadataSet":
      return jsonAnswer(200, { lease_id: answer.leaseId, metadata: answer.metadata });
    case "refused":
      throw new Fault(codeOf(answer.code), answer.details, {
        ...(answer.httpStatus === undefined ? {} : { httpStatus: answer.httpStatus }),
        ...(answer.retryAfterMs === undefined ? {} : { retryAfterMs: answer.retryAfterMs }),
      });
    default:
      throw new Error(`no request over HTTP is answered ${answer.status}`);
  }
}

const codeOf = (code: string): ErrorCode => (Object.hasOwn(ERRORS, code) ? (code as ErrorCode) : "internal_error");
