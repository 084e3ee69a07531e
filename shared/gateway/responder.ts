import { type ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Log } from "../ports/log.js";
import { Fault, faultOf } from "../protocol/errors.js";
import { LIMITS } from "../protocol/limits.js";
import { methodsOf, operationOf } from "./addresses.js";
import { faultAnswer, type HttpAnswer, writeAnswer } from "./answers.js";
import { corsHeaders } from "./cors.js";
import { pathOf } from "./lock-path.js";
import type { GatewayMetrics } from "./metrics.js";

const FRAMEWORK_DETAILS: Readonly<Record<number, string>> = {
  400: "The request cannot be read.",
  413: `The body is larger than ${LIMITS.bodyBytesMax} bytes.`,
  415: "Send the body with Content-Type: application/json.",
};

/** What is wrong where HTTP itself has failed, by the code of Node's error. */
const SOCKET_FAULTS: Readonly<Record<string, readonly [status: number, details: string]>> = {
  HPE_HEADER_OVERFLOW: [431, "The headers are too large."],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, "The chunk extensions are too large."],
  ERR_HTTP_REQUEST_TIMEOUT: [408, "The request did not come in time."],
};
const UNREADABLE = [400, "This is not an HTTP request that can be read."] as const;

/** The way out of the router, for answers and for whatever was thrown. */
export class Responder {
  readonly #metrics: GatewayMetrics;
  readonly #log: Log;
  readonly #nextRequestId: () => string;

  constructor(parts: { metrics: GatewayMetrics; log: Log; nextRequestId: () => string }) {
    this.#metrics = parts.metrics;
    this.#log = parts.log;
    this.#nextRequestId = parts.nextRequestId;
  }

  send(request: FastifyRequest, reply: FastifyReply, answer: HttpAnswer): void {
    const path = pathOf(request.raw.url as string);
    if (answer.status === 405) answer.headers.push("Allow", methodsOf(path).join(", "));
    answer.headers.push(...corsHeaders(request.headers.origin));
    reply.hijack();
    writeAnswer(reply.raw, request.id, answer);
    this.#metrics.answered(operationOf(request.method, path), answer.status);
  }

  /** Writes the head of an answer that goes on, and leaves the rest to whoever asked for it. */
  begin(request: FastifyRequest, reply: FastifyReply, headers: readonly string[]): void {
    reply.hijack();
    reply.raw.writeHead(200, [...headers, ...corsHeaders(request.headers.origin), "X-Request-Id", request.id]);
    reply.raw.flushHeaders();
    this.#metrics.answered(operationOf(request.method, pathOf(request.raw.url as string)), 200);
  }

  /** Answers with the error that was thrown. One that nobody foresaw goes to the log, and not to the user. */
  fail(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const fault = faultOf(fromFramework(error));
    if (fault.code === "internal_error") this.#log.error({ err: error, requestId: request.id }, "a request failed");
    this.send(request, reply, faultAnswer(fault, request.id));
  }

  /** Answers a request that expects what this server does not do (RFC 9110, section 10.1.1). */
  failExpectation(response: ServerResponse): void {
    const fault = new Fault("invalid_input", "Of all expectations only 100-continue is met.", { httpStatus: 417 });
    const requestId = this.#nextRequestId();
    writeAnswer(response, requestId, faultAnswer(fault, requestId));
    this.#metrics.answered("other", fault.httpStatus);
  }

  /** Answers on a socket where HTTP itself has failed. */
  failSocket(error: { readonly code?: string }, socket: Socket): void {
    if (!socket.writable) {
      socket.destroy();
      return;
    }
    const [status, details] = SOCKET_FAULTS[error.code ?? ""] ?? UNREADABLE;
    const fault = new Fault("invalid_input", details, { httpStatus: status });
    const requestId = this.#nextRequestId();
    const { headers, body } = faultAnswer(fault, requestId);
    const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, "Connection: close", `X-Request-Id: ${requestId}`];
    for (let at = 0; at < headers.length; at += 2) lines.push(`${headers[at]}: ${headers[at + 1]}`);
    socket.end(`${lines.join("\r\n")}\r\n\r\n${body}`);
    this.#metrics.answered("other", status);
  }
}

/** fastify's own errors (an unreadable address, too large a body …) as faults; anything else as it is. */
function fromFramework(error: unknown): unknown {
  const { code, statusCode } = error as { code?: unknown; statusCode?: unknown };
  if (typeof code !== "string" || !code.startsWith("FST_ERR_") || typeof statusCode !== "number") return error;
  const details = FRAMEWORK_DETAILS[statusCode];
  return details === undefined ? error : new Fault("invalid_input", details, { httpStatus: statusCode });
}
