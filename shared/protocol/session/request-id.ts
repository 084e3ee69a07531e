import { Type } from "typebox";

/** Chosen by the client, and repeated in the one reply. Replies may come in another order than requests. */
export const RequestId = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
