import type { LockOperation } from "../check/lock-operation.js";
import type { Mix } from "../mixes/mix.js";
import type { Lag } from "./pacer.js";
import type { Outcome } from "./tally.js";

/** What one driver process is to do. */
export interface Plan {
  readonly mix: Mix;
  /** Gateways that its clients are spread over. */
  readonly urls: readonly string[];
  /** Clients and locks are spread over the users. */
  readonly users: readonly User[];
  /** What the names of all locks begin with. */
  readonly prefix: string;
  /** Whether the cell goes on when the run is over: what was taken of it is given back. */
  readonly isGuest: boolean;
  /** Of all drivers. */
  readonly clients: number;
  /** How much faster than real clients everything is done. */
  readonly speed: number;
  /** Whether latencies count from when an operation should have begun, rather than from when it did. */
  readonly fromIntended: boolean;
  readonly seed: number;
  /** When the run began, in ns as `process.hrtime` counts: in decimal, as a message has no such number. */
  readonly begunNs: string;
  /** This driver's number, and how many there are. */
  readonly part: number;
  readonly parts: number;
}

export interface User {
  /** What the cell shows in place of the user's name, where they hold a lock. */
  readonly holderId: string;
  readonly token: string;
}

export interface Progress {
  readonly done: number;
  readonly failed: number;
  readonly sessionsLost: number;
}

export type ToDriver =
  | { readonly do: "prepare"; readonly plan: Plan }
  | { readonly do: "open" }
  | { readonly do: "run"; readonly forMs: number }
  | { readonly do: "sum-up" }
  | { readonly do: "close" }
  | { readonly do: "tell" }
  | { readonly do: "leave" };

export type FromDriver =
  | { readonly is: "prepared" }
  | { readonly is: "opened" }
  | { readonly is: "closed" }
  | { readonly is: "left" }
  | ({ readonly is: "progress" } & Progress)
  | { readonly is: "ran"; readonly lags: readonly Lag[] }
  | { readonly is: "summed-up"; readonly outcome: Outcome }
  /** What its clients were told of locks, all run long. */
  | { readonly is: "told"; readonly history: readonly LockOperation[] }
  | { readonly is: "failed"; readonly at: ToDriver["do"]; readonly reason: string };
