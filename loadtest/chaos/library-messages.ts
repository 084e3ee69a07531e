import type { Evidence } from "../check/records.js";
import type { Stretch } from "../check/slow-writes.js";
import type { Failed } from "./asking.js";

/** A program that uses the client library. */
export interface AppSpec {
  readonly name: string;
  /** Whose token it shows. */
  readonly user: string;
}

/** What one process of such programs is to do. */
export interface LibraryPlan {
  readonly begunNs: bigint;
  readonly seed: string;
  readonly apps: readonly AppSpec[];
  readonly tokens: Readonly<Record<string, string>>;
  /** Those that sessions take. */
  readonly locks: readonly string[];
  /** Where each proxy is reached, by its name. */
  readonly proxies: Readonly<Record<string, string>>;
}

export type ToLibrary =
  | { readonly do: "play"; readonly plan: LibraryPlan }
  /** Say and hear nothing any more, and tell what was learned: the process is ended next. */
  | { readonly do: "die" }
  /** Begin nothing new. */
  | { readonly do: "finish" }
  /** Answer when every session that is left is safe. */
  | { readonly do: "settle" }
  | { readonly do: "report" };

/** A time in which a session was in jeopardy. */
export interface Jeopardy extends Stretch {
  readonly client: string;
}

/** What a process of such programs has learned in its life. */
export interface LibraryReport {
  readonly evidence: Evidence;
  readonly jeopardies: readonly Jeopardy[];
  /** How often gateways said something, by the type of the message. */
  readonly heard: Readonly<Record<string, number>>;
}

export type FromLibrary =
  | { readonly is: "playing" | "finished" | "settled" }
  | ({ readonly is: "reported" } & LibraryReport)
  | Failed;
