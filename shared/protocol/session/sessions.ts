import { Type } from "typebox";
import { RequestId } from "./request-id.js";

export const OpenSession = Type.Object({
  type: Type.Literal("openSession"),
  id: RequestId,
  /** How long the session shall live without a word from the client; 5 to 300 s, 12 s if it is left out. */
  leaseMs: Type.Optional(Type.Integer()),
});
export const SessionOpened = Type.Object({
  type: Type.Literal("sessionOpened"),
  id: RequestId,
  sessionId: Type.String(),
  /** Proves later, elsewhere, whose session it is. Told this once; the cell keeps its hash only. */
  resumeSecret: Type.String(),
  /** Counted by the client from before it sent the request, less 2 %. */
  leaseMs: Type.Integer(),
});

/** Prolongs a session. To be sent every third of its lease. */
export const KeepAlive = Type.Object({ type: Type.Literal("keepAlive"), id: RequestId, sessionId: Type.String() });
export const KeptAlive = Type.Object({
  type: Type.Literal("keptAlive"),
  id: RequestId,
  /** Counted by the client from before it sent the request, less 2 %. */
  leaseMs: Type.Integer(),
});

/** Ends a session. A closed socket does not. */
export const CloseSession = Type.Object({
  type: Type.Literal("closeSession"),
  id: RequestId,
  sessionId: Type.String(),
});
export const SessionClosed = Type.Object({ type: Type.Literal("sessionClosed"), id: RequestId });
