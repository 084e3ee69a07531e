import type { Static, TSchema } from "typebox";
import { Compile } from "typebox/compile";
import type { Fault } from "./errors.js";
import { FaultBody, faultFrom } from "./fault-body.js";
import {
  EventsReply,
  EventsRequest,
  ExecuteReply,
  ExecuteRequest,
  FillReply,
  FillRequest,
  RegisterReply,
  RegisterRequest,
  RenewReply,
  RenewRequest,
} from "./link.js";

const CALLS = {
  register: wireCall("/cell/v1/register", RegisterRequest, RegisterReply),
  renew: wireCall("/cell/v1/renew", RenewRequest, RenewReply),
  fill: wireCall("/cell/v1/fill", FillRequest, FillReply),
  execute: wireCall("/cell/v1/execute", ExecuteRequest, ExecuteReply),
  events: wireCall("/cell/v1/events", EventsRequest, EventsReply),
};

export type LinkCallName = keyof typeof CALLS;
export type LinkRequest<C extends LinkCallName> = ReturnType<(typeof CALLS)[C]["request"]["read"]>;
export type LinkReply<C extends LinkCallName> = ReturnType<(typeof CALLS)[C]["reply"]["read"]>;

/**
 * How the five calls of the link travel over HTTP: each is a POST of JSON to a path of its own, and is
 * answered 200 with its reply, or with another status and a `FaultBody`. Server and client both read this
 * table, so they cannot come to differ.
 */
export const LINK_CALLS: { readonly [C in LinkCallName]: WireCall<LinkRequest<C>, LinkReply<C>> } = CALLS;
export const LINK_CALL_NAMES = Object.keys(LINK_CALLS) as readonly LinkCallName[];

/** One of the calls as it travels. */
export interface WireCall<Request, Reply> {
  readonly path: string;
  readonly request: Shape<Request>;
  readonly reply: Shape<Reply>;
}

/** What a message must look like. */
export interface Shape<T> {
  /** Takes JSON text, as bytes or characters. Throws an `Error` with a sentence that says which field is wrong. */
  read(json: Uint8Array | string): T;
}

const faultBody = shapeOf(FaultBody);

/** The fault that a body tells of. Throws an `Error` for what is none, or has a code that is not in the table. */
export const readFault = (json: string): Fault => faultFrom(faultBody.read(json));

/** The `Authorization` header that shows the link's shared secret. Throws an `Error` if it cannot be sent. */
export function linkAuthorization(secret: string): string {
  if (!/^[\x21-\x7e]+$/.test(secret)) {
    throw new Error("The secret of the cell link must be one or more visible ASCII characters, without spaces.");
  }
  return `Bearer ${secret}`;
}

/** A request of more bytes than this is refused with 413. A renewal with the acks of some 100,000 keys still fits. */
export const LINK_BODY_BYTES_MAX = 16 * 1024 * 1024;

/** How long an idle connection lives, at the proxy and at the master: the proxy lets go first, so that it never
 * sends into a connection that the master is just closing. */
export const LINK_IDLE_MS = { proxy: 30_000, master: 90_000 } as const;

function wireCall<Q extends TSchema, R extends TSchema>(path: string, request: Q, reply: R) {
  return { path, request: shapeOf(request), reply: shapeOf(reply) };
}

function shapeOf<T extends TSchema>(schema: T): Shape<Static<T>> {
  const validator = Compile(schema);
  return {
    read(json) {
      const message = parse(json);
      if (!validator.Check(message)) throw new Error(flawOf(validator.Errors(message)));
      return message as Static<T>;
    },
  };
}

function parse(json: Uint8Array | string): unknown {
  try {
    return JSON.parse(typeof json === "string" ? json : Buffer.from(json).toString());
  } catch {
    throw new Error("The body is not JSON.");
  }
}

interface SchemaError {
  readonly keyword: string;
  readonly schemaPath: string;
  readonly instancePath: string;
  readonly message: string;
}

/**
 * Of a union it says only that none of its forms fits: the errors within the forms that were not meant mislead. They may
 * be all that the validator tells, which stops after some.
 */
function flawOf(errors: readonly SchemaError[]): string {
  const flaw = errors[0];
  const [outside, ...within] = `${flaw?.schemaPath}${flaw?.keyword === "anyOf" ? "/anyOf" : ""}`.split("/anyOf");
  const steps = outside?.match(/\/(items|properties\/[^/]+)/g)?.length ?? 0;
  const path = flaw?.instancePath.split("/").slice(1) ?? [];
  const field = (within.length > 0 ? path.slice(0, steps) : path).join(".");
  const what = within.length > 0 ? "has none of the forms that it may have" : flaw?.message;
  return field ? `The field ${field} ${what}.` : `The body ${what}.`;
}
