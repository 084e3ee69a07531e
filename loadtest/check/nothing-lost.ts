import { grantsOf, isAcquire } from "./grants.js";
import { byKey } from "./history.js";
import { withExpiries } from "./lock-model.js";
import { describeLockOperation, type LockOperation, type ShownLock } from "./lock-operation.js";

/** Something that made a lock be as a read may show it, at some instant between the two. */
interface Change {
  readonly what: string;
  readonly invokedAtMs: number;
  /** Infinity: it may not have happened at all. */
  readonly returnedAtMs: number;
  shows(lock: ShownLock | null): boolean;
}

/**
 * P4: a write that was acknowledged is visible from then on, until a later one takes its place. One sentence
 * for each read that did not see it.
 *
 * It asks of each read only: was there a change that it can have shown, and that no acknowledged write, made
 * after that change and before the read, had replaced? That is less than `checkLocks` asks, but it needs no
 * search, so it copes with any history, and says which write was lost.
 */
export function lostWrites(history: readonly LockOperation[]): string[] {
  return [...byKey(withExpiries(history))].flatMap(([key, operations]) => {
    const changes = changesOf(operations);
    return operations.flatMap((operation) => {
      const lost = lostBy(operation, changes);
      return lost
        ? [`${key}: ${operation.process}: ${describeLockOperation(operation)}, but before that ${lost.what}.`]
        : [];
    });
  });
}

/** The newest write that the read should have shown, if it shows nothing that it may. */
function lostBy({ result, invokedAtMs, returnedAtMs }: LockOperation, changes: readonly Change[]): Change | undefined {
  if (result?.status !== "read") return undefined;
  const before = changes.filter((change) => change.returnedAtMs < invokedAtMs);
  const newest = before.reduce((one, other) => (other.invokedAtMs > one.invokedAtMs ? other : one), START);
  const mayShow = [START, ...changes].some(
    (change) =>
      change.shows(result.lock) && change.invokedAtMs <= returnedAtMs && change.returnedAtMs >= newest.invokedAtMs,
  );
  return mayShow ? undefined : newest;
}

const START: Change = {
  what: "nobody had touched it",
  invokedAtMs: Number.NEGATIVE_INFINITY,
  returnedAtMs: Number.NEGATIVE_INFINITY,
  shows: (lock) => lock === null,
};

function changesOf(operations: readonly LockOperation[]): Change[] {
  return [...grantChanges(operations), ...operations.flatMap((operation) => changeOf(operation) ?? [])];
}

function grantChanges(operations: readonly LockOperation[]): Change[] {
  const acquires = operations.filter(isAcquire);
  return grantsOf(operations).map(({ holderId, fencingToken, invokedAtMs, returnedAtMs }) => {
    const own = acquires.filter(({ call }) => call.holderId === holderId);
    return {
      what: `${holderId} was granted it with token ${fencingToken}`,
      invokedAtMs,
      returnedAtMs,
      shows: (lock) => lock?.fencingToken === fencingToken && own.some(({ call }) => call.metadata === lock.metadata),
    };
  });
}

/** What an operation other than a known grant may have changed. */
function changeOf(operation: LockOperation): Change | undefined {
  const { call, result, invokedAtMs, returnedAtMs, process } = operation;
  const change = { what: `${process}: ${describeLockOperation(operation)}`, invokedAtMs, returnedAtMs };
  if (result !== undefined && result.status !== "released" && result.status !== "metadataSet") return undefined;
  switch (call.kind) {
    case "acquire":
    case "setMetadata":
      return { ...change, shows: (lock) => lock?.holderId === call.holderId && lock.metadata === call.metadata };
    case "release":
    case "expire":
      return { ...change, shows: (lock) => lock === null };
    default:
      return undefined;
  }
}
