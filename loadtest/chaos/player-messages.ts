import type { Evidence } from "../check/records.js";
import type { ClientKind } from "./behaviours.js";

export interface ClientSpec {
  readonly name: string;
  readonly kind: ClientKind;
  /** Whose token it shows. */
  readonly user: string;
  readonly door: string;
}

/** What one process of clients is to do. */
export interface PlayerPlan {
  readonly begunNs: bigint;
  readonly seed: string;
  readonly clients: readonly ClientSpec[];
  readonly tokens: Readonly<Record<string, string>>;
  readonly locks: readonly string[];
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
}

export type FromPlayer =
  | { readonly is: "playing" | "finished" | "looked" }
  | ({ readonly is: "reported" } & PlayerReport)
  | { readonly is: "failed"; readonly reason: string };
