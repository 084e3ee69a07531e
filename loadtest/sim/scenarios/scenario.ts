import type { Plan } from "../plan.js";

/** A race that is made to happen. `rule`: what of the design it is about. */
export interface Scenario {
  readonly name: string;
  readonly rule: string;
  readonly text: string;
  readonly plan: Plan;
}
