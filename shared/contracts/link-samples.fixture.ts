import type { Answer, Command, SessionRef } from "../protocol/commands.js";
import type { Entry } from "../protocol/entries.js";
import type { WriteResult } from "../protocol/link.js";
import type { LinkCallName, LinkReply, LinkRequest } from "../protocol/link-wire.js";

/** A request and the reply to it. */
export interface Exchange<C extends LinkCallName> {
  readonly call: C;
  readonly request: LinkRequest<C>;
  readonly reply: LinkReply<C>;
}

const held: Entry = {
  key: "lock/straße/主",
  value: {
    kind: "lock",
    name: "straße/主",
    holderId: "h-1",
    fencingToken: Number.MAX_SAFE_INTEGER,
    expiresAtWallMs: 1_780_000_000_000.25,
    metadata: 'a "quoted"\n\u0000 line 🐙',
  },
  revision: 7,
  leftMs: 59_999.5,
};
const token: Entry = { key: "token/ab", value: { kind: "token", principal: "user:alice" }, revision: 1 };
const absent: Entry = { key: "lock/none", value: null, revision: 12 };
const endless: Entry = {
  key: "lock/a",
  value: { kind: "lock", name: "a", holderId: "h-2", fencingToken: 9, expiresAtWallMs: null, metadata: null },
  revision: 9,
};
const list: Entry = { key: "list/", value: { kind: "list", locks: [held.value as never] }, revision: 12 };
const session: Entry = {
  key: "session/5e55",
  value: {
    ...{ kind: "session", sessionId: "5e55", principal: "user:alice", leaseMs: 12_000, lockCount: 2 },
    locks: [{ name: "a", leaseId: "l", fencingToken: 9 }],
    waits: [{ name: "straße/主", operationId: "op 2" }],
  },
  revision: 12,
};
const proxies: Entry = {
  key: "proxies/",
  value: { kind: "proxies", proxies: [{ name: "p1", url: "http://p1:7201", zone: "" }] },
  revision: 12,
};

const attached = { sessionId: "5e55", attachment: 9 };
const DIGEST = "0123456789abcdef";
const acquired = {
  status: "acquired",
  ...{ leaseId: "l", fencingToken: 9, metadata: null },
  ...{ expiresAtWallMs: null, renewAfterMs: null },
} as const;

const write = (command: Command, result: Answer | WriteResult, session?: SessionRef): Exchange<"execute"> => ({
  call: "execute",
  request: {
    epoch: 3,
    proxyId: session === undefined ? null : "3-1",
    writes: [{ operationId: "op 1/ü", tokenHash: "ab", command, ...(session && { session }) }],
  },
  reply: { results: [resultOf(result, session)], revision: 12 },
});

function resultOf(result: Answer | WriteResult, session: SessionRef | undefined): WriteResult {
  if (result.status === "decided" || result.status === "heldUp" || result.status === "failed") return result;
  return { status: "decided", answer: result, attachment: session === undefined ? null : 9 };
}

const lease = { name: "a", leaseId: "l" };
const ordinary = { lockDelayMs: 0, delayOnRelease: true, ephemeral: false, wait: false };
const ephemeral = { lockDelayMs: 5, delayOnRelease: false, ephemeral: true, wait: true };
const unanchored = { sessionId: "5e55", attachment: null, anchor: { leaseMs: 12_000, secretHash: "5ec" } };
const anchored = { sessionId: "5e55", attachment: 9 };
const owned = { sessionId: "5e55", attachment: null };

/** Of every call and every form of its messages one. */
export const EXCHANGES: readonly Exchange<LinkCallName>[] = [
  {
    call: "register",
    request: {
      ...{ name: "p1", url: "http://p1:7201", zone: "", givesUp: null, process: "f00", attempt: 1 },
      ...{ sessions: [], ended: [] },
    },
    reply: { proxyId: "3-1", epoch: 3, leaseMs: 3_000, revision: 12, round: 4, gone: [] },
  },
  {
    call: "register",
    request: {
      ...{ name: "p1", url: "http://p1:7201", zone: "z", process: "f00", attempt: 2 },
      givesUp: { epoch: 2, proxyId: "2-9" },
      sessions: [attached],
      ended: [{ sessionId: "5e56", attachment: 3 }],
    },
    reply: { proxyId: "3-2", epoch: 3, leaseMs: 2_999.5, revision: 0, round: 0, gone: ["5e55"] },
  },
  {
    call: "renew",
    request: {
      ...{ epoch: 3, proxyId: "3-1", acks: [], leaving: true, ended: [], goneSeen: 0 },
      sessions: { count: 0, digest: DIGEST, asOf: 0 },
    },
    reply: { leaseMs: 0, revision: 12, round: 4, owed: [], gone: [], wants: "digest" },
  },
  {
    call: "renew",
    request: {
      ...{ epoch: 3, proxyId: "3-1", leaving: false, ended: [attached], goneSeen: 6 },
      acks: [{ round: 4, had: ["lock/a", "lock/b"] }],
      sessions: { count: 1, digest: DIGEST, asOf: 9, buckets: Array.from({ length: 256 }, () => DIGEST) },
    },
    reply: {
      ...{
        leaseMs: 3_000,
        revision: 12,
        round: 5,
        owed: [{ round: 5, revision: 12, keys: ["lock/a", "session/5e55"] }],
      },
      gone: [{ ...attached, sequence: 7 }],
      wants: [0, 255],
    },
  },
  {
    call: "renew",
    request: {
      ...{ epoch: 3, proxyId: "3-1", acks: [], leaving: false, ended: [], goneSeen: 7 },
      sessions: { count: 1, digest: DIGEST, asOf: 9, lists: [{ bucket: 94, sessions: [attached] }] },
    },
    reply: { leaseMs: 3_000, revision: 12, round: 5, owed: [], gone: [], wants: "buckets" },
  },
  {
    call: "fill",
    request: {
      epoch: 3,
      proxyId: null,
      keys: [held.key, token.key, absent.key, endless.key, list.key, session.key, proxies.key],
    },
    reply: {
      epoch: 3,
      revision: 12,
      filled: [
        { entry: held, grant: 4 },
        { entry: token, grant: 4 },
        { entry: absent, grant: null },
        { entry: endless, grant: null },
        { entry: list, grant: null },
        { entry: session, grant: null },
        { entry: proxies, grant: null },
      ],
    },
  },
  write(
    { kind: "acquire", name: "a", ttlMs: 60_000, metadata: null, ...ordinary },
    { ...acquired, expiresAtWallMs: 1.5, renewAfterMs: 1 },
  ),
  write(
    { kind: "acquire", name: "a", ttlMs: 60_000, metadata: "m", ...ordinary },
    { status: "held", holderId: "h", expiresAtWallMs: 1.5, retryAfterMs: 1, metadata: "m" },
  ),
  write(
    { kind: "acquire", name: "a", ttlMs: 1, metadata: "m", ...ordinary },
    { status: "delayed", availableAtWallMs: 1.5, lockDelayMs: 5, retryAfterMs: 1 },
  ),
  write({ kind: "acquire", name: "a", ttlMs: null, metadata: "m", ...ephemeral }, acquired, unanchored),
  write({ kind: "acquire", name: "a", ttlMs: null, metadata: "m", ...ephemeral }, { status: "waiting" }, anchored),
  write(
    { kind: "acquire", name: "a", ttlMs: null, metadata: "m", ...ephemeral, wait: false },
    { status: "held", holderId: "h", expiresAtWallMs: null, retryAfterMs: 1, metadata: null },
    anchored,
  ),
  write({ kind: "cancelWait", name: "a", waitOperationId: "op 0" }, { status: "cancelled" }, anchored),
  write(
    { kind: "renew", ...lease, ttlMs: 1 },
    { status: "renewed", leaseId: "l", expiresAtWallMs: 1.5, renewAfterMs: 1 },
  ),
  write({ kind: "release", ...lease }, { status: "released" }),
  write({ kind: "setMetadata", ...lease, metadata: null }, { status: "metadataSet", leaseId: "l", metadata: null }),
  write(
    { kind: "release", ...lease },
    { status: "refused", code: "conflict", details: "no", httpStatus: 409, retryAfterMs: 5 },
  ),
  write({ kind: "openSession" }, { status: "sessionOpened" }, unanchored),
  write(
    { kind: "resumeSession", secretHash: "5ec" },
    {
      ...{ status: "sessionResumed", leaseMs: 12_000, waits: [{ name: "b", operationId: "op 2" }] },
      locks: [{ name: "a", leaseId: "l", fencingToken: 9 }],
    },
    owned,
  ),
  write({ kind: "resumeSession", secretHash: null }, { status: "heldUp" }, owned),
  write({ kind: "closeSession" }, { status: "sessionClosed" }, anchored),
  write(
    { kind: "release", ...lease },
    { status: "failed", fault: { code: "rate_limited", details: "slow down", retryAfterMs: 1_000, httpStatus: 503 } },
  ),
  {
    call: "events",
    request: { epoch: 3, after: 0 },
    reply: {
      status: "events",
      revision: 12,
      commits: [
        {
          revision: 12,
          changes: [
            { entry: absent, event: "released" },
            { entry: token, event: "token" },
            { entry: endless, event: "acquired" },
          ],
          grants: [{ sessionId: "5e55", operationId: "op 2", name: "a", answer: acquired }],
        },
      ],
    },
  },
  { call: "events", request: { epoch: 3, after: 1 }, reply: { status: "compacted", revision: 12 } },
];

/** The first sample of a call. */
export function sampleOf<C extends LinkCallName>(call: C): Exchange<C> {
  return EXCHANGES.find((exchange) => exchange.call === call) as Exchange<C>;
}
