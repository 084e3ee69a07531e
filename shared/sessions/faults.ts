import type { Refused } from "../protocol/commands.js";
import { Fault } from "../protocol/errors.js";
import { faultFrom } from "../protocol/fault-body.js";
import { LIMITS } from "../protocol/limits.js";

export const notYours = (): Fault => new Fault("not_found", "There is no such session of yours.");

export const ended = (): Fault =>
  new Fault("session_expired", "This session has ended, or never was here. Open a new one.");

/** A lease may be promised only while the gateway's own lease stands behind the promise. */
export const notServing = (): Fault =>
  new Fault("overloaded", "This gateway has lost its lease and waits for a new one.", {
    retryAfterMs: LIMITS.renewEveryMs,
  });

/** The answer was overtaken by news that the session may be elsewhere by now. The next try finds out. */
export const overtaken = (): Fault =>
  new Fault("overloaded", "The session moved while it was being resumed. Try once more.", { retryAfterMs: 0 });

/** A refusal, for whoever cannot hand on an answer. */
export const faultOfRefusal = (refused: Refused): Fault => faultFrom(refused);
