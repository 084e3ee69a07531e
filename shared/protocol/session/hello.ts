import { Type } from "typebox";
import { RequestId } from "./request-id.js";

/**
 * The first message on a socket. `token` is left out where the upgrade carried `Authorization`, which a
 * browser cannot send.
 */
export const Hello = Type.Object({
  type: Type.Literal("hello"),
  id: RequestId,
  token: Type.Optional(Type.String()),
});

/** The socket may be used; the version is that of the protocol which the gateway speaks. */
export const Welcome = Type.Object({
  type: Type.Literal("welcome"),
  id: RequestId,
  /** The newest version of these messages that the gateway speaks; see `version.ts`. */
  version: Type.Integer(),
});
