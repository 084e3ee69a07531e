import type { CrowdTally, LeanSessionParts } from "./lean-session.js";

/** So many more sessions. */
export interface CrowdOpens extends Omit<LeanSessionParts, "tally"> {
  readonly count: number;
}

export type ToCrowd =
  | (CrowdOpens & { readonly do: "open" })
  | { readonly do: "race"; readonly forMs: number }
  | { readonly do: "look" };

/** A crowd at one instant. */
export interface CrowdLook extends Readonly<CrowdTally> {
  readonly sessions: number;
}
