import type { Plan } from "../plan.js";
import { CLIENT_BUGS } from "./client-bugs.js";
import { FAILURE_RACES } from "./failure-races.js";
import { FOUND_BUGS } from "./found-bugs.js";
import { FOUND_SESSION_BUGS } from "./found-session-bugs.js";
import { HTTP_SESSION_BUGS } from "./http-session-bugs.js";
import { LEASE_RACES } from "./lease-races.js";
import { LIST_RACES } from "./list-races.js";
import { LOCK_AND_TOKEN_RACES } from "./lock-and-token-races.js";
import { QUEUE_RACES } from "./queue-races.js";
import { ROUND_RACES } from "./round-races.js";
import type { Scenario } from "./scenario.js";
import { SESSION_END_RACES } from "./session-end-races.js";
import { SESSION_RACES } from "./session-races.js";
import { TIME_RACES } from "./time-races.js";
import { WATCH_BUGS } from "./watch-bugs.js";

export const SCENARIOS: readonly Scenario[] = [
  ...LEASE_RACES,
  ...ROUND_RACES,
  ...LIST_RACES,
  ...LOCK_AND_TOKEN_RACES,
  ...TIME_RACES,
  ...FAILURE_RACES,
  ...SESSION_RACES,
  ...SESSION_END_RACES,
  ...QUEUE_RACES,
  ...FOUND_BUGS,
  ...FOUND_SESSION_BUGS,
  ...CLIENT_BUGS,
  ...WATCH_BUGS,
  ...HTTP_SESSION_BUGS,
];

/** The plan of a scenario. Throws with a sentence for people if there is none of that name. */
export function scenarioPlan(name: string): Plan {
  const found = SCENARIOS.find((scenario) => scenario.name === name);
  if (found === undefined) throw new Error(`There is no scenario ${name}; --scenario list names them.`);
  return found.plan;
}
