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

  /** Answers with the error that was thrown. One that nobody foresaw goes to the log, and not to the user. */
  fail(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const fault = faultOf(fromFramework(error));
    if (fault.code === "internal_error") this.#log.error({ err: error, requestId: request.id }, "a request failed");
    this.send(request, reply, faultAnswer(fault, request.id));
  }

  /** Answers on a socket where HTTP itself has failed. */
  failSocket(socket: Socket): void {
    if (!socket.writable) {
      socket.destroy();
      return;
    }
    const fault = new Fault("invalid_input", "This is not an HTTP request that can be read.");
    const requestId = this.#nextRequestId();
    const { headers, body } = faultAnswer(fault, requestId);
    const lines = ["HTTP/1.1 400 Bad Request", "Connection: close", `X-Request-Id: ${requestId}`];
    for (let at = 0; at < headers.length; at += 2) lines.push(`${headers[at]}: ${headers[at + 1]}`);
    socket.end(`${lines.join("\r\n")}\r\n\r\n${body}`);
    this.#metrics.answered("other", 400);
  }
}

/** fastify's own errors (an unreadable address, too large a body …) as faults; anything else as it is. */
function fromFramework(error: unknown): unknown {
  const { code, statusCode } = error as { code?: unknown; statusCode?: unknown };
  if (typeof code !== "string" || !code.startsWith("FST_ERR_") || typeof statusCode !== "number") return error;
  const details = FRAMEWORK_DETAILS[statusCode];
  return details === undefined ? error : new Fault("invalid_input", details, { httpStatus: statusCode });
}
