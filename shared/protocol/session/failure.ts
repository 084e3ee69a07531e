import { Type } from "typebox";
import { RequestId } from "./request-id.js";

/** The reply to a request that failed. `code` is of the one error table, `details` a sentence for people. */
export const Failure = Type.Object({
  type: Type.Literal("error"),
  id: RequestId,
  code: Type.String(),
  details: Type.String(),
  retryAfterMs: Type.Optional(Type.Number()),
});
