import { type Static, Type } from "typebox";
import { ERRORS, type ErrorCode, Fault, type FaultOptions } from "./errors.js";

/** A fault on its way from master to proxy. */
export const FaultBody = Type.Object({
  code: Type.String(),
  details: Type.String(),
  retryAfterMs: Type.Optional(Type.Number()),
  httpStatus: Type.Optional(Type.Integer()),
});
export type FaultBody = Static<typeof FaultBody>;

/** A fault as it is sent. The status goes along only where it is not the code's usual one. */
export function faultBodyOf(fault: Fault): FaultBody {
  return {
    code: fault.code,
    details: fault.message,
    ...(fault.retryAfterMs !== undefined && { retryAfterMs: fault.retryAfterMs }),
    ...(fault.httpStatus !== ERRORS[fault.code].httpStatus && { httpStatus: fault.httpStatus }),
  };
}

/** The fault that a body tells of. Throws an `Error` for a code that is not in the table. */
export function faultFrom({ code, details, ...options }: FaultBody): Fault {
  if (!Object.hasOwn(ERRORS, code)) throw new Error("The code of the fault is not known here.");
  return new Fault(code as ErrorCode, details, options as FaultOptions);
}
