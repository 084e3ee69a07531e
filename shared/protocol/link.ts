import { type Static, Type } from "typebox";
import { Acquired, Answer, AttachedSession, Command, SessionRef } from "./commands.js";
import { Entry } from "./entries.js";
import { FaultBody } from "./fault-body.js";

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
  /** The anchored sessions that it still holds. */
  sessions: Type.Array(AttachedSession),
  /** Those that ended there, by silence, since the last call that was answered. */
  ended: Type.Array(AttachedSession),
});
export const RegisterReply = Type.Object({
  /** Never used before in any epoch, and never again. */
  proxyId: ProxyId,
  epoch: Epoch,
  /** Counted by the proxy from before it sent the request, less the drift. */
  leaseMs: Type.Number(),
  revision: Type.Integer(),
  round: Type.Integer(),
  /** Of the sessions claimed, those that ended or were taken: the proxy drops them. */
  gone: Type.Array(Type.String()),
});

/** That a proxy took note of a round. */
export const Ack = Type.Object({
  round: Type.Integer(),
  /** The keys of the round for which the proxy holds the tombstone (key, round): these may be refreshed. */
  had: Type.Array(Type.String()),
});

/** Count and digest stand for all anchored sessions of a proxy, so that a renewal does not grow with them (rule S8). */
export const SessionDigest = Type.Object({
  count: Type.Integer(),
  /** XOR of a 64-bit hash of each session's id and attachment number, as 16 hex digits. */
  digest: Type.String(),
  /** The newest attachment number among all sessions that the proxy ever held under this lease. */
  asOf: Type.Integer(),
  /** A digest for each first byte of an id; sent where the master wants it. */
  buckets: Type.Optional(Type.Array(Type.String(), { minItems: 256, maxItems: 256 })),
  /** The sessions of some buckets; sent where the master wants them. */
  lists: Type.Optional(
    Type.Array(
      Type.Object({ bucket: Type.Integer({ minimum: 0, maximum: 255 }), sessions: Type.Array(AttachedSession) }),
    ),
  ),
});
export type SessionDigest = Static<typeof SessionDigest>;

/** A session that the proxy no longer holds: it ended at the master, or was taken by another proxy. */
export const GoneSession = Type.Object({
  sessionId: Type.String(),
  attachment: Type.Integer(),
  sequence: Type.Integer(),
});
export type GoneSession = Static<typeof GoneSession>;

/** A round that a proxy still has to acknowledge. */
export const OwedRound = Type.Object({
  round: Type.Integer(),
  /** Of the state when it was opened. */
  revision: Type.Integer(),
  keys: Type.Array(Type.String()),
});

export const RenewRequest = Type.Object({
  epoch: Epoch,
  proxyId: ProxyId,
  /** Acks that the master has not confirmed yet; they count before the lease is prolonged. */
  acks: Type.Array(Ack),
  /** The proxy has stopped answering: close the lease instead of prolonging it. */
  leaving: Type.Boolean(),
  /** Sessions that ended at the proxy, by silence, since the last renewal that was answered. */
  ended: Type.Array(AttachedSession),
  sessions: SessionDigest,
  /** The sequence number of the last session that the master listed as gone, and the proxy dropped. */
  goneSeen: Type.Integer(),
});
export const RenewReply = Type.Object({
  leaseMs: Type.Number(),
  revision: Type.Integer(),
  round: Type.Integer(),
  owed: Type.Array(OwedRound),
  /** Repeated until the proxy has seen them (rule L4). */
  gone: Type.Array(GoneSession),
  /** What the next renewal should carry of the sessions, beside their digest: nothing more, 256 digests, or lists. */
  wants: Type.Union([Type.Literal("digest"), Type.Literal("buckets"), Type.Array(Type.Integer())]),
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

/** A write on its way to the master. */
export const LinkWrite = Type.Object({
  operationId: Type.String({ minLength: 1 }),
  /** Hash of the caller's token, checked when the command is committed. */
  tokenHash: Type.String(),
  session: Type.Optional(SessionRef),
  command: Command,
});
export type LinkWrite = Static<typeof LinkWrite>;

export const ExecuteRequest = Type.Object({
  epoch: Epoch,
  /** To whom sessions are attached by these writes. Null when the proxy has no lease. */
  proxyId: Type.Union([ProxyId, Type.Null()]),
  writes: Type.Array(LinkWrite, { minItems: 1 }),
});

/** What became of one of the writes of a call. */
export const WriteResult = Type.Union([
  Type.Object({
    status: Type.Literal("decided"),
    answer: Answer,
    /** The number of the session's attachment to the sender; null where the sender does not hold it. */
    attachment: Type.Union([Type.Integer(), Type.Null()]),
  }),
  /** It waits for proxies, and would keep the others of its call waiting: to be sent again, alone. */
  Type.Object({ status: Type.Literal("heldUp") }),
  Type.Object({ status: Type.Literal("failed"), fault: FaultBody }),
]);
export type WriteResult = Static<typeof WriteResult>;

/** In the order of the writes. The result of a single write is never `heldUp`. */
export const ExecuteReply = Type.Object({ results: Type.Array(WriteResult), revision: Type.Integer() });

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
/** That a waiting acquire was granted (rule S7). */
export const Grant = Type.Object({
  sessionId: Type.String(),
  /** Of the acquire that waited. */
  operationId: Type.String(),
  name: Type.String(),
  answer: Acquired,
});
export type Grant = Static<typeof Grant>;

/** What one commit changed. */
export const Commit = Type.Object({
  revision: Type.Integer(),
  changes: Type.Array(Change),
  grants: Type.Optional(Type.Array(Grant)),
});

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
