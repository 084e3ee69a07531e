import type { ReadMode } from "../../shared/gateway/cell-service.js";
import type { ListedLock } from "../check/list-read.js";
import type { LockResult } from "../check/lock-operation.js";
import type { TtlAnswer, TtlCommand } from "./ttl-command.js";

/** What a read showed. */
export interface Shown {
  /** False: refused for want of a token; then there is nothing in `result`. */
  readonly allowed: boolean;
  /** The answer was of the past, as its reader had asked for. */
  readonly stale: boolean;
  /** How it was made, for people. */
  readonly source: string;
  readonly result: LockResult;
}

/** What a list showed; nothing if it was refused. */
export type ShownList = Pick<Shown, "allowed" | "source"> & { readonly locks: readonly ListedLock[] };

export interface SentCommand {
  readonly user: string;
  readonly operationId: string;
  readonly command: TtlCommand;
}

/** The doors of a cell, as one client reaches them. All calls reject where no answer came that says anything. */
export interface Doors {
  /** `master` and the names of the proxies. */
  readonly names: readonly string[];
  read(door: string, user: string, lock: string, mode: ReadMode): Promise<Shown>;
  /** The held locks under a prefix. */
  list(door: string, user: string, prefix: string, mode: ReadMode): Promise<ShownList>;
  execute(door: string, sent: SentCommand, timeoutMs: number): Promise<TtlAnswer>;
}
