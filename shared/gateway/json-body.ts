import { isUtf8 } from "node:buffer";
import type { Static, TSchema } from "typebox";
import { Compile } from "typebox/compile";
import { Fault } from "../protocol/errors.js";

/** @throws Fault invalid_input (415) if the body is not said to be JSON. */
export function requireJson(contentType: string | undefined): void {
  if (contentType !== undefined && /^application\/(?:[^;\s]+\+)?json\s*(?:;|$)/i.test(contentType)) return;
  throw new Fault("invalid_input", "Send the body with Content-Type: application/json.", { httpStatus: 415 });
}

function parse(body: Buffer): unknown {
  try {
    if (isUtf8(body)) return JSON.parse(body.toString());
  } catch {
    // Falls to the one sentence for all that is no JSON.
  }
  throw new Fault("invalid_input", "The body is not JSON.", { httpStatus: 400 });
}

/** Reads bodies of one schema. What it returns throws Fault invalid_input: 400 for no JSON, 422 for another shape. */
export function jsonBody<T extends TSchema>(schema: T): (body: Buffer) => Static<T> {
  const validator = Compile(schema);
  return (body) => {
    const value = parse(body);
    if (validator.Check(value)) return value as Static<T>;
    const [flaw] = validator.Errors(value);
    const where = flaw?.instancePath ? `The body's field ${flaw.instancePath.slice(1)}` : "The body";
    throw new Fault("invalid_input", `${where} ${flaw?.message ?? "has the wrong shape"}.`, { httpStatus: 422 });
  };
}
