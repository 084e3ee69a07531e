import { isUtf8 } from "node:buffer";
import type { Static, TSchema } from "typebox";
import { Compile } from "typebox/compile";
import type { TLocalizedValidationError } from "typebox/error";
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
    throw new Fault("invalid_input", flawSentence(flaw), { httpStatus: 422 });
  };
}

/** What JSON Schema calls the types, for people. */
const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: "a string",
  integer: "a whole number",
  boolean: "true or false",
  object: "a JSON object",
  array: "a JSON array",
  null: "null",
};

function flawSentence(flaw: TLocalizedValidationError | undefined): string {
  const field = flaw?.instancePath.slice(1).replaceAll("/", ".");
  const where = field ? `The body's field ${field}` : "The body";
  switch (flaw?.keyword) {
    case "type":
      return `${where} must be ${[flaw.params.type]
        .flat()
        .map((type) => TYPE_WORDS[type] ?? type)
        .join(" or ")}.`;
    case "required":
      return `${where} lacks ${flaw.params.requiredProperties.join(", ")}.`;
    case "minimum":
      return `${where} must be ${flaw.params.limit} or more.`;
    case "maximum":
      return `${where} must be ${flaw.params.limit} or less.`;
    default:
      return `${where} ${flaw?.message ?? "has the wrong shape"}.`;
  }
}
