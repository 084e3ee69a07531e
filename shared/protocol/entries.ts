import { type Static, Type } from "typebox";

/** A lock that is held. A lock that is free has no entry: its absence is what is cached. */
export const LockEntry = Type.Object({
  kind: Type.Literal("lock"),
  name: Type.String(),
  /** Pseudonym of the holder: same holder, same value, for ever. */
  holderId: Type.String(),
  fencingToken: Type.Integer(),
  /**
   * As the commit that moved it wrote it, on the master's wall clock. A lower bound: renewals push it on. Null for
   * a lock that has no TTL and lives with its session.
   */
  expiresAtWallMs: Type.Union([Type.Number(), Type.Null()]),
  metadata: Type.Union([Type.String(), Type.Null()]),
});
export type LockEntry = Static<typeof LockEntry>;

/** Whom a token stands for. A token that was revoked, or never was, has no entry. */
export const TokenEntry = Type.Object({
  kind: Type.Literal("token"),
  /** Who it is: `user:<name>`, or `admin` for the admin key. */
  principal: Type.String(),
});
export type TokenEntry = Static<typeof TokenEntry>;

/** The held locks whose names begin with a prefix, from one state of the master. */
export const ListEntry = Type.Object({
  kind: Type.Literal("list"),
  locks: Type.Array(LockEntry),
});
export type ListEntry = Static<typeof ListEntry>;

/** A lock that a session holds, as its holder needs to know it. */
export const SessionLock = Type.Object({
  name: Type.String(),
  leaseId: Type.String(),
  fencingToken: Type.Integer(),
});
export type SessionLock = Static<typeof SessionLock>;

/** A place in a lock's queue (rule S7). */
export const SessionWait = Type.Object({
  name: Type.String(),
  /** Of the acquire that waits. */
  operationId: Type.String(),
});
export type SessionWait = Static<typeof SessionWait>;

/** A session that the master knows. One that holds nothing yet is its proxy's own, and has no entry. */
export const SessionEntry = Type.Object({
  kind: Type.Literal("session"),
  sessionId: Type.String(),
  principal: Type.String(),
  leaseMs: Type.Integer(),
  /** Its ephemeral locks. */
  locks: Type.Array(SessionLock),
  waits: Type.Array(SessionWait),
  /** All locks that name the session, also those that only bear it as a label. */
  lockCount: Type.Integer(),
});
export type SessionEntry = Static<typeof SessionEntry>;

/** A proxy that clients may be sent to. */
export const ProxyAddress = Type.Object({ name: Type.String(), url: Type.String(), zone: Type.String() });
export type ProxyAddress = Static<typeof ProxyAddress>;

/** The proxies whose lease runs. Not promised to be fresh: whoever uses it tries the next one. */
export const ProxiesEntry = Type.Object({ kind: Type.Literal("proxies"), proxies: Type.Array(ProxyAddress) });

export const EntryValue = Type.Union([LockEntry, TokenEntry, ListEntry, SessionEntry, ProxiesEntry]);
export type EntryValue = Static<typeof EntryValue>;

/** What the master knows under one key at one instant. */
export const Entry = Type.Object({
  key: Type.String(),
  /** Null: the master knows that there is nothing under this key. */
  value: Type.Union([EntryValue, Type.Null()]),
  /**
   * The revision of the commit that last changed the entry as P3 counts changes (a renewal that pushes an
   * expiry on is none); of an absence or a list, the revision of the state in which it was read.
   */
  revision: Type.Integer(),
  /** What is left of a TTL lock's time. When it is over, a cached copy must be looked up again. */
  leftMs: Type.Optional(Type.Number()),
});
export type Entry = Static<typeof Entry>;
