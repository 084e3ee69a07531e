import type { Answer, LockCommand } from "../../protocol/commands.js";
import { Fault } from "../../protocol/errors.js";
import { LIMITS } from "../../protocol/limits.js";
import type { ReplyMessage } from "../../protocol/session/down.js";
import type { UpMessage } from "../../protocol/session/up.js";
import { checkedMetadata, checkLockName } from "../commands.js";
import { isUuid, normalUuid } from "../uuids.js";
import { refusalFault } from "../write-answers.js";

export type LockWrite = Extract<UpMessage, { readonly operationId: string }>;

/** The command that a message asks for. Bounds are those of the HTTP door. @throws Fault */
export function lockCommandOf(message: LockWrite): LockCommand {
  const { name } = message;
  checkLockName(name);
  switch (message.type) {
    case "acquire":
      return {
        kind: "acquire",
        name,
        ttlMs: null,
        metadata: checkedMetadata(message.metadata),
        lockDelayMs: checkedLockDelayMs(message.lockDelayMs),
        delayOnRelease: false,
        ephemeral: true,
        wait: message.wait ?? false,
      };
    case "cancelAcquire":
      return { kind: "cancelWait", name, waitOperationId: message.waitOperationId };
    case "release":
      return { kind: "release", name, leaseId: checkedLeaseId(message.leaseId) };
    case "setMetadata":
      return {
        kind: "setMetadata",
        name,
        leaseId: checkedLeaseId(message.leaseId),
        metadata: checkedMetadata(message.metadata),
      };
  }
}

/** What the cell said, as the reply to a message. @throws Fault for a refusal */
export function lockReply(id: number, answer: Answer, attachment: number | null): ReplyMessage {
  switch (answer.status) {
    case "acquired": {
      const { leaseId, fencingToken, metadata } = answer;
      return { type: "acquired", id, leaseId, fencingToken, metadata, attachment };
    }
    case "held": {
      const { holderId, metadata, retryAfterMs } = answer;
      return { type: "held", id, holderId, metadata, retryAfterMs };
    }
    case "delayed":
      return { type: "delayed", id, retryAfterMs: answer.retryAfterMs };
    case "waiting":
      return { type: "waiting", id, attachment };
    case "cancelled":
      return { type: "acquireCancelled", id };
    case "released":
      return { type: "released", id };
    case "metadataSet":
      return { type: "metadataSet", id };
    case "refused":
      throw refusalFault(answer);
    default:
      throw new Error(`no write on a lock is answered ${answer.status}`);
  }
}

function checkedLockDelayMs(lockDelayMs = 0): number {
  const max = LIMITS.sessionLockDelayMsMax;
  if (lockDelayMs >= 0 && lockDelayMs <= max) return lockDelayMs;
  throw new Fault("invalid_input", `lockDelayMs must be 0 to ${max}.`);
}

function checkedLeaseId(leaseId: string): string {
  if (isUuid(leaseId)) return normalUuid(leaseId);
  throw new Fault("lease_not_current", "Invalid lease ID.");
}
