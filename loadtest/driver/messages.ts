import type { Outcome } from "./tally.js";

/** What one driver process is to do. */
export interface Plan {
  /** Gateways that its clients are spread over. */
  readonly urls: readonly string[];
  /** Clients and locks are spread over the tokens. */
  readonly tokens: readonly string[];
  readonly clients: number;
  readonly operations: number;
  readonly perSecond: number;
  readonly seed: number;
  /** This driver's number, and how many there are. */
  readonly part: number;
  readonly parts: number;
}

export type ToDriver = { readonly do: "prepare"; readonly plan: Plan } | { readonly do: "run" };

export type FromDriver =
  | { readonly is: "prepared" }
  | { readonly is: "progress"; readonly done: number; readonly failed: number }
  | { readonly is: "ran"; readonly outcome: Outcome }
  | { readonly is: "failed"; readonly reason: string };
