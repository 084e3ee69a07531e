import type { Answer } from "../../shared/protocol/commands.js";
import { Layer, type Table } from "./table.js";

/** A lock that is held. Replaced as a whole at each change, never altered in place. */
export interface Lock {
  readonly name: string;
  readonly principal: string;
  readonly leaseId: string;
  readonly fencingToken: number;
  /** On the cell's own time (rule T2). */
  readonly expiresAtMs: number;
  /** The same instant as the commit saw it on the wall; for showing only. */
  readonly expiresAtWallMs: number;
  readonly lockDelayMs: number;
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
  /** How many locks each principal holds. */
  readonly lockCounts: Table<number>;
  readonly counters: Counters;
}

/** A state on top of another one, until it is merged into it. */
export interface Fork extends State {
  merge(): void;
}

/** A state on top of `below`. */
export function forkOf(below: State): Fork {
  const layers = {
    locks: new Layer(below.locks),
    coolings: new Layer(below.coolings),
    tokens: new Layer(below.tokens),
    operations: new Layer(below.operations),
    lockCounts: new Layer(below.lockCounts),
  };
  const counters = { ...below.counters };
  const merge = (): void => {
    for (const layer of Object.values(layers)) layer.merge();
    Object.assign(below.counters, counters);
  };
  return { ...layers, counters, merge };
}

/** The key of an operation: ids are the principal's own. */
export const operationKey = (principal: string, operationId: string): string => `${principal} ${operationId}`;
