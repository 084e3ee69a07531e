import type { Entry, LockEntry, SessionEntry } from "../../shared/protocol/entries.js";
import { lockKey, parseKey, tokenKey } from "../../shared/protocol/keys.js";
import { holderIdOf } from "../../shared/protocol/tokens.js";
import { holderOf } from "./answers.js";
import type { Ground } from "./ground.js";
import { sessionLocks } from "./session-table.js";
import type { Lock, TokenRecord } from "./state.js";

/** One entry object for each state of a lock or token, so that what is derived from it can be kept with it. */
const lockEntries = new WeakMap<Lock, Entry & { readonly value: LockEntry }>();
const tokenEntries = new WeakMap<TokenRecord, Entry>();

/** What the cell knows under a key, as readers see it. Undefined for what the cell keeps nothing under. */
export function entryOf(ground: Ground, key: string): Entry | undefined {
  const parsed = parseKey(key);
  switch (parsed?.kind) {
    case "lock": {
      const lock = ground.locks.get(parsed.rest);
      return lock === undefined ? absent(ground, key) : lockEntry(lock);
    }
    case "token": {
      const token = ground.tokens.get(parsed.rest);
      return token === undefined ? absent(ground, key) : tokenEntry(parsed.rest, token);
    }
    case "list":
      return listEntry(ground, key, parsed.rest);
    case "session":
      return sessionEntry(ground, key, parsed.rest);
    // The proxies are volatile, and no part of the state.
    case "proxies":
    case undefined:
      return undefined;
  }
}

/**
 * The entry as it travels to proxies: with the time that a TTL lock has left, so that a copy is looked up
 * again when it may have expired (rule T1). `nowMs` is the cell's time. The key must be one of the cell's.
 */
export function timedEntryOf(ground: Ground, key: string, nowMs: number): Entry {
  const entry = entryOf(ground, key) as Entry;
  if (entry.value?.kind !== "lock") return entry;
  const lock = ground.locks.get(entry.value.name) as Lock;
  return lock.expiresAtMs === null ? entry : { ...entry, leftMs: Math.max(0, lock.expiresAtMs - nowMs) };
}

/** An absence is as new as the state in which it was seen. */
const absent = (ground: Ground, key: string): Entry => ({ key, value: null, revision: ground.counters.revision });

function lockEntry(lock: Lock): Entry & { readonly value: LockEntry } {
  const known = lockEntries.get(lock);
  if (known !== undefined) return known;
  const value: LockEntry = {
    kind: "lock",
    name: lock.name,
    holderId: holderIdOf(holderOf(lock)),
    fencingToken: lock.fencingToken,
    expiresAtWallMs: lock.expiresAtWallMs,
    metadata: lock.metadata,
  };
  const entry = { key: lockKey(lock.name), value, revision: lock.revision };
  lockEntries.set(lock, entry);
  return entry;
}

function tokenEntry(hash: string, token: TokenRecord): Entry {
  const known = tokenEntries.get(token);
  if (known !== undefined) return known;
  const entry: Entry = {
    key: tokenKey(hash),
    value: { kind: "token", principal: token.principal },
    revision: token.revision,
  };
  tokenEntries.set(token, entry);
  return entry;
}

/** A list is put together from one state, never from cached entries (rule R8). */
function listEntry(ground: Ground, key: string, prefix: string): Entry {
  const locks: LockEntry[] = [];
  for (const lock of ground.locks.values()) {
    if (lock.name.startsWith(prefix)) locks.push(lockEntry(lock).value);
  }
  return { key, value: { kind: "list", locks }, revision: ground.counters.revision };
}

/** A session is told from one state like a list: whoever asks wants to know what it holds now. */
function sessionEntry(ground: Ground, key: string, sessionId: string): Entry {
  const session = ground.sessions.get(sessionId);
  if (session === undefined) return absent(ground, key);
  const { principal, leaseMs, locks, labels, waits } = session;
  const value: SessionEntry = {
    kind: "session",
    sessionId,
    principal,
    leaseMs,
    locks: sessionLocks(ground, session),
    waits: [...waits],
    lockCount: locks.length + labels.length,
  };
  return { key, value, revision: ground.counters.revision };
}
