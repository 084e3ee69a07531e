import type { Publishes, Telling } from "./publish.js";

export interface WatchBenchSettings {
  readonly watchers: number;
  /** Of each turn. */
  readonly changes: number;
  readonly pairs: number;
  /** Whether etcd is measured, too, if it is installed. */
  readonly peers?: boolean;
  /** Where the result is written as JSON. */
  readonly out: string;
}

/** One turn of each, soon after one another: the machine was much the same for all. */
export interface WatchTurn {
  readonly floor: Telling;
  readonly free: Telling;
  readonly stuck: Publishes;
  /** Events that the stuck socket was sent while the others were measured. */
  readonly sentToStuck: number;
}
