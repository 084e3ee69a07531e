import type { Operation } from "./history.js";
import type { Model } from "./model.js";

export type RegisterCall = { readonly kind: "read" } | { readonly kind: "write"; readonly value: number };
/** What was read, or that it was written. */
export type RegisterResult = number | "written";
export type RegisterOperation = Operation<RegisterCall, RegisterResult>;

/** A number that can be read and written; 0 at first. */
export const register: Model<number, RegisterCall, RegisterResult> = {
  initial: 0,
  step: (state, { call, result }) => {
    if (call.kind === "write") return call.value;
    return result === undefined || result === state ? state : undefined;
  },
  isRead: ({ kind }) => kind === "read",
  describe: ({ call, result }) => (call.kind === "write" ? `write ${call.value}` : `read → ${result ?? "?"}`),
};

type Span = readonly [invokedAtMs: number, returnedAtMs: number];

export function write(process: string, value: number, [invokedAtMs, returnedAtMs]: Span): RegisterOperation {
  const result = returnedAtMs === Number.POSITIVE_INFINITY ? undefined : "written";
  return { process, key: "x", call: { kind: "write", value }, result, invokedAtMs, returnedAtMs };
}

export function read(process: string, value: number, [invokedAtMs, returnedAtMs]: Span): RegisterOperation {
  return { process, key: "x", call: { kind: "read" }, result: value, invokedAtMs, returnedAtMs };
}
