import type { Cell } from "../cluster/cell.js";
import type { Cleanup } from "../cluster/cleanup.js";
import type { Member } from "../cluster/member.js";

/** A cell with one proxy, to be loaded with one kind of work at a time. */
export interface LoadedCell {
  readonly cleanup: Cleanup;
  readonly cell: Cell;
  readonly proxy: Member;
  readonly token: string;
  /** Of further users: what one may have on record in fifteen minutes is bounded. */
  readonly tokens: readonly string[];
}

/** Does its work for so many seconds, and gives how many operations that were. */
export type Run = (seconds: number) => Promise<number>;

/** One kind of work, as hard as it can be done: to see what an operation of it costs, and where that goes. */
export interface Load {
  readonly name: string;
  /** What one operation is, as a phrase. */
  readonly operation: string;
  prepare(on: LoadedCell): Promise<Run>;
}
