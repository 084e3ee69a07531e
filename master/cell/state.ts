import type { Answer } from "../../shared/protocol/commands.js";
import type { SessionWait } from "../../shared/protocol/entries.js";
import { Layer, type Table } from "./table.js";

/** A lock that is held. Replaced as a whole at each change, never altered in place. */
export interface Lock {
  readonly name: string;
  /** Whose token took it: the holder, or the owner of the session that is the holder. */
  readonly principal: string;
  /** The session that holds it if it is ephemeral; else one that it only bears as a label, which it may outlive. */
  readonly sessionId: string | null;
  /** Held by the session, and freed with it. */
  readonly ephemeral: boolean;
  readonly leaseId: string;
  readonly fencingToken: number;
  /** On the cell's own time (rule T2). Null: without a TTL, it lives with its session. */
  readonly expiresAtMs: number | null;
  /** The same instant as the commit saw it on the wall; for showing only. */
  readonly expiresAtWallMs: number | null;
  /** How long it stays closed when its holder was lost. */
  readonly lockDelayMs: number;
  /** Whether it stays closed after a release as well. */
  readonly delayOnRelease: boolean;
  readonly metadata: string | null;
  /** Of the last change that readers are promised to see (P3): not moved by a renewal that pushes the expiry on. */
  readonly revision: number;
}

/** A free lock that stays closed for its lock delay. Readers see it as free. */
export interface Cooling {
  readonly untilMs: number;
  readonly untilWallMs: number;
  readonly lockDelayMs: number;
}

/** A place in a lock's queue (rule S7), with all that its grant will need: nobody is asked again. */
export interface Waiter {
  readonly sessionId: string;
  readonly principal: string;
  /** Must still stand for the principal when the lock is granted (rule A3). */
  readonly tokenHash: string;
  /** Of the acquire that waits, with its fingerprint. */
  readonly operationId: string;
  readonly request: string;
  /** Of the lock when it is granted. */
  readonly leaseId: string;
  readonly ttlMs: number | null;
  readonly metadata: string | null;
  readonly lockDelayMs: number;
  readonly delayOnRelease: boolean;
}

/**
 * An anchored session. Who holds it is not kept here: the present bindings are, like proxy leases, not worth a sync.
 * Replaced as a whole at each change, never altered in place.
 */
export interface SessionRecord {
  readonly sessionId: string;
  readonly principal: string;
  readonly leaseMs: number;
  /** Of the resume secret. Null for a session whose owner's token stands for it. */
  readonly secretHash: string | null;
  /** Revision of the commit that attached it last: rises for ever, over epochs (rule S1). */
  readonly attachment: number;
  /** Whether it was attached anew since it was anchored. */
  readonly resumed: boolean;
  /** Names of its ephemeral locks. */
  readonly locks: readonly string[];
  /** Names of the locks that bear it as a label. */
  readonly labels: readonly string[];
  /** Its places in queues: one a lock at the most. */
  readonly waits: readonly SessionWait[];
}

/** Whom a token stands for; kept under the token's hash. */
export interface TokenRecord {
  readonly principal: string;
  readonly revision: number;
}

/** A write that was decided under an operation id (rule O1). */
export interface Operation {
  readonly principal: string;
  /** Fingerprint of the command, so that the same id with another request shows. */
  readonly request: string;
  readonly answer: Answer;
  readonly atMs: number;
}

export interface Counters {
  /** Of the newest command applied. */
  revision: number;
  /** One life of a master. 0 before the first. */
  epoch: number;
  /** The cell's own time, which stands still while no master runs (rule T2). */
  timeMs: number;
  /** The newest fencing token given out, over the cell's whole life (P2). */
  lastFencingToken: number;
  /** The longest proxy lease ever granted: what a new master waits for (rule E1). */
  proxyLeaseMs: number;
  /** Whether the last command closed the cell in good order (rule E2). */
  closed: boolean;
}

/**
 * Everything the master knows for good, seen through tables. The journal's commands, applied in order,
 * give it back.
 *
 * A command is applied to a fork, journaled, and merged only when the journal has synced (rule R1): so
 * nobody reads what a power loss could take back, and a batch that fails leaves no trace.
 */
export interface State {
  readonly locks: Table<Lock>;
  readonly coolings: Table<Cooling>;
  readonly tokens: Table<TokenRecord>;
  readonly operations: Table<Operation>;
  /** Anchored sessions by their id. */
  readonly sessions: Table<SessionRecord>;
  /** Who waits for a lock, by its name, first come first. No entry where nobody does. */
  readonly waiters: Table<readonly Waiter[]>;
  /** How many locks each principal holds, with its sessions, and has places for in queues. */
  readonly lockCounts: Table<number>;
  readonly counters: Counters;
}

/** A state on top of another one, until it is merged into it. */
export class Fork implements State {
  readonly locks: Layer<Lock>;
  readonly coolings: Layer<Cooling>;
  readonly tokens: Layer<TokenRecord>;
  readonly operations: Layer<Operation>;
  readonly sessions: Layer<SessionRecord>;
  readonly waiters: Layer<readonly Waiter[]>;
  readonly lockCounts: Layer<number>;
  readonly counters: Counters;
  readonly #below: State;

  constructor(below: State) {
    this.#below = below;
    this.locks = new Layer(below.locks);
    this.coolings = new Layer(below.coolings);
    this.tokens = new Layer(below.tokens);
    this.operations = new Layer(below.operations);
    this.sessions = new Layer(below.sessions);
    this.waiters = new Layer(below.waiters);
    this.lockCounts = new Layer(below.lockCounts);
    this.counters = { ...below.counters };
  }

  merge(): void {
    this.locks.merge();
    this.coolings.merge();
    this.tokens.merge();
    this.operations.merge();
    this.sessions.merge();
    this.waiters.merge();
    this.lockCounts.merge();
    Object.assign(this.#below.counters, this.counters);
  }
}

/** The key of an operation: ids are the principal's own. */
export const operationKey = (principal: string, operationId: string): string => `${principal} ${operationId}`;
