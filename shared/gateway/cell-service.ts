import type { BusStatus } from "../ports/bus.js";
import type { Answer, Command, SessionRef } from "../protocol/commands.js";
import type { Entry } from "../protocol/entries.js";
import type { Feed } from "./feed.js";
import type { SessionHost } from "./session-host.js";

/** How fresh an answer its reader wants. */
export interface ReadMode {
  /** Ask the master, whatever the cache holds (`Cache-Control: no-cache`). */
  readonly bypass?: boolean;
  /** Take an answer of up to this age if no fresh one can be had from the cache (`Cache-Control: max-stale=N`). */
  readonly maxStaleMs?: number;
}

/** Where an answer came from; `X-Cache`. */
export type ReadSource = "hit" | "miss" | "bypass" | "stale";

/** The entries asked for, in order, all current at one instant (rule A1; for `stale`, an instant of the past). */
export interface View {
  readonly source: ReadSource;
  readonly epoch: number;
  readonly entries: readonly Entry[];
  /** How long ago the oldest of the entries came from the master. 0 for an answer that was made for this read. */
  readonly ageMs: number;
}

/** A write, as a gateway hands it on. */
export interface Write {
  readonly command: Command;
  readonly tokenHash: string;
  /** The session on whose behalf it is made, if it is. */
  readonly session?: SessionRef;
  /** `Idempotency-Key`, if the client gave one. */
  readonly operationId?: string;
}

/** Whether the process serves, and what people should know about it. */
export interface Readiness {
  readonly ready: boolean;
  /** It has not served yet, and will; `reason` says how far it has come. */
  readonly isStarting?: true;
  /** One sentence: why it is not ready, or what is slower than it should be; absent when all is well. */
  readonly reason?: string;
  readonly bus: BusStatus;
  /** `master` or `proxy`. */
  readonly role: "master" | "proxy";
  readonly epoch: number;
  readonly revision: number;
  /** What the journal takes on disk; absent at a proxy, which stores nothing. */
  readonly storageBytes?: number;
}

/**
 * What a gateway stands before. The master implements it by deciding, a proxy by caching and forwarding;
 * so the same front doors serve either, and neither the doors nor their clients can tell which.
 *
 * Both calls reject with a `Fault`.
 */
export interface CellService {
  /**
   * The entries from the cache in this very turn, if all are there and may be used for a default read;
   * else undefined. Never waits and never asks the master: the hot path.
   */
  readCached(keys: readonly string[]): View | undefined;
  /** Reads entries, of one instant. */
  read(keys: readonly string[], mode: ReadMode): Promise<View>;
  /** Has a command decided, and answers when the decision is durable. Refusals are answers (`refused`). */
  execute(write: Write): Promise<Answer>;
  /** Whether KeepAlives may be answered this instant (at a proxy: its own lease runs). */
  mayKeepAlive(): boolean;
  readiness(): Readiness;
  /** Throw a `Fault` while the service is being started. */
  readonly sessions: SessionHost;
  readonly feed: Feed;
}
