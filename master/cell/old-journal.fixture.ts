import type { CommandRecord } from "./record.js";
import type { FirstSnapshot } from "./snapshot.js";

/** A journal from before sessions could hold locks, as that program wrote it. */
export const OLD_RECORDS: readonly CommandRecord[] = [
  { timeMs: 0, wallMs: 1700000000000, command: { kind: "start", epoch: 1, fencingTokenAtLeast: 0 } },
  { timeMs: 1, wallMs: 1700000000001, command: { kind: "setToken", hash: "alice-hash", principal: "user:alice" } },
  { timeMs: 2, wallMs: 1700000000002, command: { kind: "setToken", hash: "bob-hash", principal: "user:bob" } },
  { timeMs: 10, wallMs: 1700000000010, command: { kind: "grantLeases", proxyLeaseMs: 3000 } },
  {
    timeMs: 100,
    wallMs: 1700000000100,
    command: { kind: "acquire", name: "a", ttlMs: 60000, metadata: "m", lockDelayMs: 0 },
    client: {
      tokenHash: "alice-hash",
      newLeaseId: "lease-1",
      locksPerPrincipal: 100,
      operation: { id: "op-1", request: "request of op-1" },
    },
  },
  {
    timeMs: 110,
    wallMs: 1700000000110,
    command: { kind: "acquire", name: "a", ttlMs: 60000, metadata: null, lockDelayMs: 0 },
    client: {
      tokenHash: "bob-hash",
      newLeaseId: "lease-2",
      locksPerPrincipal: 100,
      operation: { id: "op-2", request: "request of op-2" },
    },
  },
  {
    timeMs: 120,
    wallMs: 1700000000120,
    command: { kind: "acquire", name: "b", ttlMs: 1000, metadata: null, lockDelayMs: 5000 },
    client: { tokenHash: "bob-hash", newLeaseId: "lease-3", locksPerPrincipal: 100 },
  },
  {
    timeMs: 130,
    wallMs: 1700000000130,
    command: { kind: "renew", name: "b", leaseId: "lease-3", ttlMs: 2000 },
    client: { tokenHash: "bob-hash", newLeaseId: "lease-4", locksPerPrincipal: 100 },
  },
  {
    timeMs: 140,
    wallMs: 1700000000140,
    command: { kind: "acquire", name: "c", ttlMs: 60000, metadata: null, lockDelayMs: 8000 },
    client: { tokenHash: "bob-hash", newLeaseId: "lease-5", locksPerPrincipal: 100 },
  },
  {
    timeMs: 150,
    wallMs: 1700000000150,
    command: { kind: "release", name: "c", leaseId: "lease-5" },
    client: {
      tokenHash: "bob-hash",
      newLeaseId: "lease-6",
      locksPerPrincipal: 100,
      operation: { id: "op-3", request: "request of op-3" },
    },
  },
  { timeMs: 2200, wallMs: 1700000002200, command: { kind: "expire", name: "b" } },
  {
    timeMs: 2300,
    wallMs: 1700000002300,
    command: { kind: "acquire", name: "d", ttlMs: 60000, metadata: null, lockDelayMs: 3000 },
    client: { tokenHash: "alice-hash", newLeaseId: "lease-7", locksPerPrincipal: 100 },
  },
  {
    timeMs: 2310,
    wallMs: 1700000002310,
    command: { kind: "setMetadata", name: "d", leaseId: "lease-7", metadata: "n" },
    client: { tokenHash: "alice-hash", newLeaseId: "lease-8", locksPerPrincipal: 100 },
  },
  {
    timeMs: 2400,
    wallMs: 1700000002400,
    command: { kind: "acquire", name: "e", ttlMs: 60000, metadata: null, lockDelayMs: 0 },
    client: { tokenHash: "bob-hash", newLeaseId: "lease-9", locksPerPrincipal: 100 },
  },
  {
    timeMs: 2410,
    wallMs: 1700000002410,
    command: { kind: "release", name: "e", leaseId: "lease-9" },
    client: { tokenHash: "bob-hash", newLeaseId: "lease-10", locksPerPrincipal: 100 },
  },
  { timeMs: 2500, wallMs: 1700000002500, command: { kind: "revokeToken", hash: "bob-hash" } },
  { timeMs: 2600, wallMs: 1700000002600, command: { kind: "close" } },
];

/** What it answered to each of them. */
export const OLD_ANSWERS: readonly unknown[] = [
  { status: "done" },
  { status: "done" },
  { status: "done" },
  { status: "done" },
  {
    status: "acquired",
    leaseId: "lease-1",
    fencingToken: 1,
    expiresAtWallMs: 1700000060100,
    renewAfterMs: 30000,
    metadata: "m",
  },
  {
    status: "held",
    holderId: "3029231c-f19a-824d-8de4-ab9e0ee079e7",
    expiresAtWallMs: 1700000060100,
    retryAfterMs: 59990,
    metadata: "m",
  },
  {
    status: "acquired",
    leaseId: "lease-3",
    fencingToken: 2,
    expiresAtWallMs: 1700000001120,
    renewAfterMs: 500,
    metadata: null,
  },
  { status: "renewed", leaseId: "lease-3", expiresAtWallMs: 1700000002130, renewAfterMs: 1000 },
  {
    status: "acquired",
    leaseId: "lease-5",
    fencingToken: 3,
    expiresAtWallMs: 1700000060140,
    renewAfterMs: 30000,
    metadata: null,
  },
  { status: "released" },
  { status: "done" },
  {
    status: "acquired",
    leaseId: "lease-7",
    fencingToken: 4,
    expiresAtWallMs: 1700000062300,
    renewAfterMs: 30000,
    metadata: null,
  },
  { status: "metadataSet", leaseId: "lease-7", metadata: "n" },
  {
    status: "acquired",
    leaseId: "lease-9",
    fencingToken: 5,
    expiresAtWallMs: 1700000062400,
    renewAfterMs: 30000,
    metadata: null,
  },
  { status: "released" },
  { status: "done" },
  { status: "done" },
];

/** The snapshot that it wrote after them. */
export const OLD_SNAPSHOT: FirstSnapshot = {
  version: 1,
  counters: { revision: 17, epoch: 1, timeMs: 2600, lastFencingToken: 5, proxyLeaseMs: 3000, closed: true },
  locks: [
    {
      name: "a",
      principal: "user:alice",
      leaseId: "lease-1",
      fencingToken: 1,
      expiresAtMs: 60100,
      expiresAtWallMs: 1700000060100,
      lockDelayMs: 0,
      metadata: "m",
      revision: 5,
    },
    {
      name: "d",
      principal: "user:alice",
      leaseId: "lease-7",
      fencingToken: 4,
      expiresAtMs: 62300,
      expiresAtWallMs: 1700000062300,
      lockDelayMs: 3000,
      metadata: "n",
      revision: 13,
    },
  ],
  coolings: [
    ["c", { untilMs: 8150, untilWallMs: 1700000008150, lockDelayMs: 8000 }],
    ["b", { untilMs: 7200, untilWallMs: 1700000007200, lockDelayMs: 5000 }],
  ],
  tokens: [["alice-hash", { principal: "user:alice", revision: 2 }]],
  operations: [
    [
      "user:alice op-1",
      {
        principal: "user:alice",
        request: "request of op-1",
        answer: {
          status: "acquired",
          leaseId: "lease-1",
          fencingToken: 1,
          expiresAtWallMs: 1700000060100,
          renewAfterMs: 30000,
          metadata: "m",
        },
        atMs: 100,
      },
    ],
    [
      "user:bob op-2",
      {
        principal: "user:bob",
        request: "request of op-2",
        answer: {
          status: "held",
          holderId: "3029231c-f19a-824d-8de4-ab9e0ee079e7",
          expiresAtWallMs: 1700000060100,
          retryAfterMs: 59990,
          metadata: "m",
        },
        atMs: 110,
      },
    ],
    ["user:bob op-3", { principal: "user:bob", request: "request of op-3", answer: { status: "released" }, atMs: 150 }],
  ],
};
