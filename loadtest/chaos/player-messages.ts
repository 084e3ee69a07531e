import type { Evidence } from "../check/records.js";
import type { Failed } from "./asking.js";
import type { ClientKind } from "./behaviours.js";
import type { Roamed } from "./roamer.js";

export interface ClientSpec {
  readonly name: string;
  readonly kind: ClientKind;
  /** Whose token it shows. */
  readonly user: string;
  readonly door: string;
}

/** A client with OctoStore's sessions. */
export interface RoamerSpec {
  readonly name: string;
  readonly user: string;
}

/** What one process of clients is to do. */
export interface PlayerPlan {
  readonly begunNs: bigint;
  readonly seed: string;
  readonly clients: readonly ClientSpec[];
  /** Those with OctoStore's sessions. */
  readonly roamers: readonly RoamerSpec[];
  readonly tokens: Readonly<Record<string, string>>;
  /** Those that writers take. */
  readonly locks: readonly string[];
  /** And those that readers look at, too. */
  readonly readLocks: readonly string[];
  /** Where each door is reached through a link that may fail. */
  readonly linked: Readonly<Record<string, string>>;
  /** And where without one. */
  readonly direct: Readonly<Record<string, string>>;
}

export type ToPlayer =
  | { readonly do: "play"; readonly plan: PlayerPlan }
  /** Begin nothing new; answer when everything that was begun is answered. */
  | { readonly do: "finish" }
  /** Read every lock at every door, until it is answered there. */
  | { readonly do: "look" }
  | { readonly do: "report" };

/** What a process of clients has learned. */
export interface PlayerReport {
  readonly evidence: Evidence;
  /** How often nothing came back, by what was asked. */
  readonly silences: Readonly<Record<string, number>>;
  /** By how much its event loop was late at worst. */
  readonly lateMs: number;
  /** What became of sessions over HTTP, client by client. */
  readonly roamed: readonly Roamed[];
}

export type FromPlayer =
  | { readonly is: "playing" | "finished" | "looked" }
  | ({ readonly is: "reported" } & PlayerReport)
  | Failed;
