import { groupBy } from "./group-by.js";
import { byKey } from "./history.js";
import type { LockOperation, ShownLock } from "./lock-operation.js";

/** That a lease ends at some time, as an answer had it or may have had it. */
interface Written {
  readonly leaseId: string;
  readonly untilWallMs: number;
  readonly invokedAtMs: number;
  readonly returnedAtMs: number;
}

type Read = LockOperation & { readonly result: { readonly lock: ShownLock } };

/**
 * P3: `expires_at` is a lower bound: no read shows a later one than the lock has by the commits before it. One sentence
 * for each grant of which more was shown, about the first read that did.
 *
 * What the lock has is what the last renewal said, of those that may have been the last when the read was answered. A
 * renewal of which nobody knows the outcome may have set any time.
 */
export function raisedExpiries(history: readonly LockOperation[]): string[] {
  return [...byKey(history)].flatMap(([key, operations]) => {
    const written = groupBy(operations.flatMap(writtenBy), ({ leaseId }) => leaseId);
    const tokens = tokensOf(operations);
    return [...tokens].flatMap(([fencingToken, leaseId]) => {
      const ofLease = [...(written.get(leaseId) ?? []), ...(written.get(ANY) ?? [])];
      const reads = operations.filter(isRead).filter(({ result }) => result.lock.fencingToken === fencingToken);
      const bad = reads.find((read) => (read.result.lock.expiresAtWallMs ?? 0) > boundOf(read, ofLease));
      return bad === undefined ? [] : [told(key, bad, boundOf(bad, ofLease))];
    });
  });
}

/** The lease of something that was not answered, and may be anybody's. */
const ANY = "";

function writtenBy({ call, result, invokedAtMs, returnedAtMs }: LockOperation): Written[] {
  if (call.kind !== "acquire" && call.kind !== "renew") return [];
  const known = call.kind === "renew" ? call.leaseId : ANY;
  if (result === undefined) {
    return [{ leaseId: known, untilWallMs: Number.POSITIVE_INFINITY, invokedAtMs, returnedAtMs }];
  }
  if (result.status !== "acquired" && result.status !== "renewed") return [];
  const leaseId = result.status === "acquired" ? result.leaseId : known;
  return [{ leaseId, untilWallMs: result.expiresAtWallMs ?? Number.POSITIVE_INFINITY, invokedAtMs, returnedAtMs }];
}

function tokensOf(operations: readonly LockOperation[]): Map<number, string> {
  const acquired = operations.flatMap(({ result }) => (result?.status === "acquired" ? [result] : []));
  return new Map(acquired.map(({ fencingToken, leaseId }) => [fencingToken, leaseId]));
}

/** The most that the lock may have had when the read was answered. */
function boundOf(read: LockOperation, written: readonly Written[]): number {
  const before = written.filter(({ invokedAtMs }) => invokedAtMs < read.returnedAtMs);
  const isOver = (one: Written): boolean =>
    before.some((later) => later.invokedAtMs >= one.returnedAtMs && later.returnedAtMs <= read.invokedAtMs);
  return Math.max(...before.filter((one) => !isOver(one)).map(({ untilWallMs }) => untilWallMs));
}

const isRead = (operation: LockOperation): operation is Read =>
  operation.result?.status === "read" && operation.result.lock !== null;

const told = (key: string, { process, invokedAtMs, result }: Read, boundMs: number): string =>
  `${process} read at ${invokedAtMs} ms that ${key} expires at ${result.lock.expiresAtWallMs}, which is ` +
  `${(result.lock.expiresAtWallMs ?? 0) - boundMs} ms later than the master had written.`;
