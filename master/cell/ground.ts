import { LIMITS } from "../../shared/protocol/limits.js";
import { type FirstSnapshot, type Snapshot, upgradedSnapshot } from "./snapshot.js";
import type { Cooling, Counters, Lock, Operation, SessionRecord, State, TokenRecord, Waiter } from "./state.js";

/** The operations on record, in the order in which they were decided, counted by principal (rule O1). */
export class OperationTable extends Map<string, Operation> {
  readonly #counts = new Map<string, number>();
  /** Where forgetting goes on, and the next in line there, once some are forgotten. */
  #walk: Iterator<[string, Operation]> | undefined;
  #next: [string, Operation] | undefined;

  override set(key: string, operation: Operation): this {
    this.delete(key);
    this.#counts.set(operation.principal, this.countOf(operation.principal) + 1);
    return super.set(key, operation);
  }

  override delete(key: string): boolean {
    const operation = this.get(key);
    if (operation === undefined) return false;
    const count = this.countOf(operation.principal) - 1;
    if (count === 0) this.#counts.delete(operation.principal);
    else this.#counts.set(operation.principal, count);
    return super.delete(key);
  }

  /** How many operations of the principal are on record. */
  countOf(principal: string): number {
    return this.#counts.get(principal) ?? 0;
  }

  /**
   * Forgets the operations whose time is over. `apply` no longer looks at these; this only frees the room. It does not
   * begin at the front each time: what was taken away there leaves gaps, and of a million it takes a millisecond to
   * pass them.
   */
  forgetBefore(nowMs: number): void {
    const walk = this.#walk ?? this.entries();
    for (let next = this.#next ?? walk.next().value; next !== undefined; next = walk.next().value) {
      const [key, operation] = next;
      if (this.get(key) !== operation) continue; // decided anew, and comes once more
      if (operation.atMs + LIMITS.operationKeptMs > nowMs) {
        if (this.#walk !== undefined) this.#next = next;
        return;
      }
      this.delete(key);
      this.#walk = walk;
    }
    this.#walk = undefined;
    this.#next = undefined;
  }
}

const ROWS_PER_STEP = 4_096;

function* inSteps<T>(rows: readonly T[], take: (row: T) => unknown): Generator<void> {
  for (let at = 0; at < rows.length; at += ROWS_PER_STEP) {
    for (const row of rows.slice(at, at + ROWS_PER_STEP)) take(row);
    yield;
  }
}

/** The state that every fork ends in: the only one that can be walked through, and is. */
export class Ground implements State {
  readonly locks = new Map<string, Lock>();
  readonly coolings = new Map<string, Cooling>();
  readonly tokens = new Map<string, TokenRecord>();
  readonly operations = new OperationTable();
  readonly sessions = new Map<string, SessionRecord>();
  readonly waiters = new Map<string, readonly Waiter[]>();
  readonly lockCounts = new Map<string, number>();
  readonly counters: Counters = {
    revision: 0,
    epoch: 0,
    timeMs: 0,
    lastFencingToken: 0,
    proxyLeaseMs: 0,
    closed: false,
  };

  /** How much there is of it. */
  get rows(): number {
    const { locks, coolings, tokens, operations, sessions, waiters } = this;
    return [locks, coolings, tokens, operations, sessions, waiters].reduce((sum, { size }) => sum + size, 0);
  }

  toSnapshot(): Snapshot {
    return {
      version: 2,
      counters: { ...this.counters },
      locks: [...this.locks.values()],
      coolings: [...this.coolings],
      tokens: [...this.tokens],
      operations: [...this.operations],
      sessions: [...this.sessions.values()],
      waiters: [...this.waiters],
    };
  }

  /** Throws an `Error` for a snapshot that a newer program wrote. */
  static fromSnapshot(snapshot: Snapshot | FirstSnapshot): Ground {
    const ground = new Ground();
    for (const _step of ground.fill(snapshot));
    return ground;
  }

  /** Makes an empty ground the state of a snapshot, some rows at each step. Throws as `fromSnapshot` does. */
  *fill(any: Snapshot | FirstSnapshot): Generator<void> {
    const { counters, locks, coolings, tokens, operations, sessions, waiters } = upgradedSnapshot(any);
    Object.assign(this.counters, counters);
    yield* inSteps(locks, (lock) => this.#takeLock(lock));
    yield* inSteps(coolings, ([name, cooling]) => this.coolings.set(name, cooling));
    yield* inSteps(tokens, ([hash, token]) => this.tokens.set(hash, token));
    yield* inSteps(operations, ([key, operation]) => this.operations.set(key, operation));
    yield* inSteps(sessions, (session) => this.sessions.set(session.sessionId, session));
    yield* inSteps(waiters, ([name, queue]) => this.#takeQueue(name, queue));
  }

  #takeLock(lock: Lock): void {
    this.locks.set(lock.name, lock);
    this.#count(lock.principal);
  }

  #takeQueue(name: string, queue: readonly Waiter[]): void {
    this.waiters.set(name, queue);
    for (const { principal } of queue) this.#count(principal);
  }

  #count(principal: string): void {
    this.lockCounts.set(principal, (this.lockCounts.get(principal) ?? 0) + 1);
  }
}
