import type { Answer, Command } from "../protocol/commands.js";
import type { Entry } from "../protocol/entries.js";
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
const list: Entry = { key: "list/", value: { kind: "list", locks: [held.value as never] }, revision: 12 };

const write = (command: Command, answer: Answer): Exchange<"execute"> => ({
  call: "execute",
  request: { epoch: 3, operationId: "op 1/ü", tokenHash: "ab", command },
  reply: { answer, revision: 12 },
});
const lease = { name: "a", leaseId: "l" };

/** Of every call and every form of its messages one. */
export const EXCHANGES: readonly Exchange<LinkCallName>[] = [
  {
    call: "register",
    request: { name: "p1", url: "http://p1:7201", zone: "", givesUp: null, process: "f00", attempt: 1 },
    reply: { proxyId: "3-1", epoch: 3, leaseMs: 3_000, revision: 12, round: 4 },
  },
  {
    call: "register",
    request: {
      name: "p1",
      url: "http://p1:7201",
      zone: "z",
      givesUp: { epoch: 2, proxyId: "2-9" },
      process: "f00",
      attempt: 2,
    },
    reply: { proxyId: "3-2", epoch: 3, leaseMs: 2_999.5, revision: 0, round: 0 },
  },
  {
    call: "renew",
    request: { epoch: 3, proxyId: "3-1", acks: [], leaving: true },
    reply: { leaseMs: 0, revision: 12, round: 4, owed: [] },
  },
  {
    call: "renew",
    request: { epoch: 3, proxyId: "3-1", acks: [{ round: 4, had: ["lock/a", "lock/b"] }], leaving: false },
    reply: { leaseMs: 3_000, revision: 12, round: 5, owed: [{ round: 5, keys: ["lock/a"] }] },
  },
  {
    call: "fill",
    request: { epoch: 3, proxyId: null, keys: [held.key, token.key, absent.key, list.key] },
    reply: {
      epoch: 3,
      revision: 12,
      filled: [
        { entry: held, grant: 4 },
        { entry: token, grant: 4 },
        { entry: absent, grant: null },
        { entry: list, grant: null },
      ],
    },
  },
  write(
    { kind: "acquire", name: "a", ttlMs: 60_000, metadata: null, lockDelayMs: 0 },
    { status: "acquired", leaseId: "l", fencingToken: 9, expiresAtWallMs: 1.5, renewAfterMs: 1, metadata: null },
  ),
  write(
    { kind: "acquire", name: "a", ttlMs: 60_000, metadata: "m", lockDelayMs: 5 },
    { status: "held", holderId: "h", expiresAtWallMs: 1.5, retryAfterMs: 1, metadata: "m" },
  ),
  write(
    { kind: "acquire", name: "a", ttlMs: 1, metadata: "m", lockDelayMs: 5 },
    { status: "delayed", availableAtWallMs: 1.5, lockDelayMs: 5, retryAfterMs: 1 },
  ),
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
          ],
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
