import { type Static, Type } from "typebox";

/** A lock that is held. A lock that is free has no entry: its absence is what is cached. */
export const LockEntry = Type.Object({
  kind: Type.Literal("lock"),
  name: Type.String(),
  /** Pseudonym of the holder: same holder, same value, for ever. */
  holderId: Type.String(),
  fencingToken: Type.Integer(),
  /** As the commit that moved it wrote it, on the master's wall clock. A lower bound: renewals push it on. */
  expiresAtWallMs: Type.Number(),
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

export const EntryValue = Type.Union([LockEntry, TokenEntry, ListEntry]);
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
