import { lockReply } from "../../shared/gateway/session/lock-writes.js";
import type { Answer } from "../../shared/protocol/commands.js";
import { faultOf } from "../../shared/protocol/errors.js";
import type { DownMessage } from "../../shared/protocol/session/down.js";

/** What was answered to a write of a session, as a client on a socket is told it, whoever tells it: by an answer or a push. */
export function toldOf(answer: Answer): object {
  try {
    return withoutAddress(lockReply(0, answer, null));
  } catch (refusal) {
    return { type: "error", code: faultOf(refusal).code };
  }
}

/** What a message says of a write, less what is of this sending only. */
export function withoutAddress(message: DownMessage): object {
  switch (message.type) {
    case "error":
      return { type: "error", code: message.code };
    case "acquired":
    case "granted": {
      const { leaseId, fencingToken, metadata } = message;
      return { type: "acquired", leaseId, fencingToken, metadata };
    }
    case "held": {
      const { holderId, metadata, retryAfterMs } = message;
      return { type: "held", holderId, metadata, retryAfterMs };
    }
    case "delayed":
      return { type: "delayed", retryAfterMs: message.retryAfterMs };
    default:
      return { type: message.type };
  }
}
