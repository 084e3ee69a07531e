import { type Static, Type } from "typebox";
import { Answer, Command } from "./commands.js";
import { Entry } from "./entries.js";

/**
 * The five calls between a proxy and the master. Each carries the epoch of the master that it is meant
 * for; a master of another epoch answers `epoch_changed`, and the proxy registers anew.
 */
const Epoch = Type.Integer({ minimum: 1 });
const ProxyId = Type.String();

export const RegisterRequest = Type.Object({
  /** For people: logs, metrics, `octofleet status`. Never identity. */
  name: Type.String(),
  /** Where clients reach the proxy. */
  url: Type.String(),
  zone: Type.String(),
  /** The lease that the proxy gives up with this call, if it ever had one. */
  givesUp: Type.Union([Type.Object({ epoch: Epoch, proxyId: ProxyId }), Type.Null()]),
  /** Random, one for each process, so that `attempt` can be compared. */
  process: Type.String(),
  /** Rises with each register of the process; the master refuses one that is not the newest it saw. */
  attempt: Type.Integer({ minimum: 1 }),
});
export const RegisterReply = Type.Object({
  /** Never used before in any epoch, and never again. */
  proxyId: ProxyId,
  epoch: Epoch,
  /** Counted by the proxy from before it sent the request, less the drift. */
  leaseMs: Type.Number(),
  revision: Type.Integer(),
  round: Type.Integer(),
});

/** That a proxy took note of a round. */
export const Ack = Type.Object({
  round: Type.Integer(),
  /** The keys of the round for which the proxy holds the tombstone (key, round): these may be refreshed. */
  had: Type.Array(Type.String()),
});

/** A round that a proxy still has to acknowledge. */
export const OwedRound = Type.Object({ round: Type.Integer(), keys: Type.Array(Type.String()) });

export const RenewRequest = Type.Object({
  epoch: Epoch,
  proxyId: ProxyId,
  /** Acks that the master has not confirmed yet; they count before the lease is prolonged. */
  acks: Type.Array(Ack),
  /** The proxy has stopped answering: close the lease instead of prolonging it. */
  leaving: Type.Boolean(),
});
export const RenewReply = Type.Object({
  leaseMs: Type.Number(),
  revision: Type.Integer(),
  round: Type.Integer(),
  owed: Type.Array(OwedRound),
});

export const FillRequest = Type.Object({
  epoch: Epoch,
  /** Null when the proxy has no lease: answered, without a grant. */
  proxyId: Type.Union([ProxyId, Type.Null()]),
  keys: Type.Array(Type.String(), { minItems: 1 }),
});
export const Filled = Type.Object({
  entry: Entry,
  /** The newest round when the grant was given, or null: do not keep this answer. */
  grant: Type.Union([Type.Integer(), Type.Null()]),
});
/** All entries are of one instant; in the order of the keys asked for. */
export const FillReply = Type.Object({ epoch: Epoch, revision: Type.Integer(), filled: Type.Array(Filled) });

export const ExecuteRequest = Type.Object({
  epoch: Epoch,
  operationId: Type.String({ minLength: 1 }),
  /** Hash of the caller's token, checked when the command is committed. */
  tokenHash: Type.String(),
  command: Command,
});
export const ExecuteReply = Type.Object({ answer: Answer, revision: Type.Integer() });

/** One committed change of an entry, as watchers and caches hear of it. */
export const Change = Type.Object({
  entry: Entry,
  /** What happened, in the words of OctoStore's watch. */
  event: Type.Union([
    Type.Literal("acquired"),
    Type.Literal("renewed"),
    Type.Literal("released"),
    Type.Literal("expired"),
    Type.Literal("metadata"),
    Type.Literal("token"),
  ]),
});
/** What one commit changed. */
export const Commit = Type.Object({ revision: Type.Integer(), changes: Type.Array(Change) });

export const EventsRequest = Type.Object({ epoch: Epoch, after: Type.Integer() });
export const EventsReply = Type.Union([
  Type.Object({ status: Type.Literal("events"), commits: Type.Array(Commit), revision: Type.Integer() }),
  /** The changes since then are gone: read the state anew, which is of this revision or a newer one. */
  Type.Object({ status: Type.Literal("compacted"), revision: Type.Integer() }),
]);

export type RegisterRequest = Static<typeof RegisterRequest>;
export type RegisterReply = Static<typeof RegisterReply>;
export type Ack = Static<typeof Ack>;
export type OwedRound = Static<typeof OwedRound>;
export type RenewRequest = Static<typeof RenewRequest>;
export type RenewReply = Static<typeof RenewReply>;
export type FillRequest = Static<typeof FillRequest>;
export type Filled = Static<typeof Filled>;
export type FillReply = Static<typeof FillReply>;
export type ExecuteRequest = Static<typeof ExecuteRequest>;
export type ExecuteReply = Static<typeof ExecuteReply>;
export type Change = Static<typeof Change>;
export type Commit = Static<typeof Commit>;
export type EventsRequest = Static<typeof EventsRequest>;
export type EventsReply = Static<typeof EventsReply>;
