import type { Refused } from "../../shared/protocol/commands.js";
import { ERRORS, type ErrorCode } from "../../shared/protocol/errors.js";

/** A refusal as an answer of the cell. `details` is a sentence for people. */
export function refused(code: ErrorCode, details: string, httpStatus: number = ERRORS[code].httpStatus): Refused {
  return { status: "refused", code, details, httpStatus };
}
