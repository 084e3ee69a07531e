import type { RequestListener, Server } from "node:http";
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { Registry } from "prom-client";
import type { Log } from "../ports/log.js";
import { Fault, faultOf } from "../protocol/errors.js";
import { LIMITS } from "../protocol/limits.js";
import { faultAnswer, type HttpAnswer, textAnswer, writeAnswer } from "./answers.js";
import type { CellService } from "./cell-service.js";
import { corsHeaders, preflightHeaders } from "./cors.js";
import type { Credentials } from "./credentials.js";
import { requireJson } from "./json-body.js";
import { LOCKS_PREFIX, lockMethods, pathOf, type WriteMethod, writeTarget } from "./lock-path.js";
import type { GatewayMetrics, Operation } from "./metrics.js";
import { readRoutes } from "./read-routes.js";
import { systemRoutes } from "./system-routes.js";
import { writeRoutes } from "./write-routes.js";

export interface RouterParts {
  readonly service: CellService;
  readonly credentials: Credentials;
  readonly metrics: GatewayMetrics;
  readonly registry: Registry;
  readonly nextRequestId: () => string;
  readonly log: Log;
  /** Makes the server around the router's listener. */
  readonly server: (listener: RequestListener) => Server;
}

type Handler = (request: FastifyRequest) => HttpAnswer | Promise<HttpAnswer>;

/** Routes without a lock's name in them, and the operations that they count as. */
const SYSTEM: ReadonlyMap<string, Operation> = new Map([
  ["/locks", "list"],
  ["/health", "health"],
  ["/readyz", "readyz"],
  ["/metrics", "other"],
]);

/** The HTTP routes. fastify finds the handler and reads the body; what an answer says and how it is written is ours. */
export function buildRouter(parts: RouterParts): FastifyInstance {
  const { service, credentials, metrics, nextRequestId, log } = parts;
  const reads = readRoutes(service, credentials, metrics);
  const writes = writeRoutes(service, credentials);
  const system = systemRoutes(service, parts.registry);

  const app = fastify({
    serverFactory: (listener) => parts.server(listener),
    genReqId: nextRequestId,
    bodyLimit: LIMITS.bodyBytesMax,
    return503OnClosing: false,
    frameworkErrors: (error, request, reply) => respondFault(error, request, reply),
    clientErrorHandler(_error, socket) {
      const fault = new Fault("invalid_input", "This is not an HTTP request that can be read.");
      if (socket.writable) socket.end(bareResponse(faultAnswer(fault, nextRequestId())));
    },
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));

  function respond(request: FastifyRequest, reply: FastifyReply, answer: HttpAnswer): void {
    const path = pathOf(request.raw.url as string);
    if (answer.status === 405) answer.headers.push("Allow", methodsOf(path).join(", "));
    answer.headers.push(...corsHeaders(request.headers.origin));
    reply.hijack();
    writeAnswer(reply.raw, request.id, answer);
    metrics.answered(operationOf(request.method, path), answer.status);
  }

  function respondFault(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const fault = faultOf(fromFramework(error));
    if (fault.code === "internal_error") log.error({ err: error, requestId: request.id }, "a request failed");
    respond(request, reply, faultAnswer(fault, request.id));
  }

  const route = (method: "GET" | "POST" | "PUT" | "OPTIONS", url: string, handle: Handler): void => {
    app.route({ method, url, handler: async (request, reply) => respond(request, reply, await handle(request)) });
  };

  async function write(request: FastifyRequest): Promise<HttpAnswer> {
    const { verb, name } = targetOf(request);
    return writes[verb](request, name);
  }

  app.addHook("onRequest", async (request) => {
    if (request.method !== "POST" && request.method !== "PUT") return;
    if (request.is404) return;
    targetOf(request);
    requireJson(request.headers["content-type"]);
  });
  app.setErrorHandler(respondFault);
  app.setNotFoundHandler((request, reply) => {
    const known = methodsOf(pathOf(request.raw.url as string)).length > 0;
    respondFault(known ? methodNotAllowed() : nothingHere(), request, reply);
  });

  route("GET", "/locks", (request) => reads.list(request.raw));
  route("GET", "/locks/*", (request) => reads.lock(request.raw));
  route("POST", "/locks/*", write);
  route("PUT", "/locks/*", write);
  route("GET", "/health", system.health);
  route("GET", "/readyz", system.readyz);
  route("GET", "/metrics", system.metrics);
  route("OPTIONS", "*", () => preflight());
  return app;
}

function preflight(): HttpAnswer {
  const answer = textAnswer(200, "text/plain", "");
  answer.headers.push(...preflightHeaders());
  return answer;
}

const nothingHere = (): Fault => new Fault("not_found", "There is nothing under this address.");
const methodNotAllowed = (): Fault =>
  new Fault("invalid_input", "This address does not take this method.", { httpStatus: 405 });

/** What a write's path says. @throws Fault (405) if it names no write */
function targetOf(request: FastifyRequest) {
  const target = writeTarget(request.method as WriteMethod, pathOf(request.raw.url as string));
  if (target === undefined) throw methodNotAllowed();
  return target;
}

function methodsOf(path: string): string[] {
  if (SYSTEM.has(path)) return ["GET", "HEAD"];
  return path.startsWith(LOCKS_PREFIX) && path !== LOCKS_PREFIX ? lockMethods(path) : [];
}

function operationOf(method: string, path: string): Operation {
  if (method === "GET" || method === "HEAD")
    return SYSTEM.get(path) ?? (path.startsWith(LOCKS_PREFIX) ? "status" : "other");
  if ((method !== "POST" && method !== "PUT") || !path.startsWith(LOCKS_PREFIX)) return "other";
  const verb = lastPart(path);
  if (method === "PUT") return verb === "metadata" ? "set_metadata" : "other";
  return verb === "acquire" || verb === "renew" || verb === "release" ? verb : "other";
}

const lastPart = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

const FRAMEWORK_DETAILS: Readonly<Record<number, string>> = {
  400: "The request cannot be read.",
  413: `The body is larger than ${LIMITS.bodyBytesMax} bytes.`,
  415: "Send the body with Content-Type: application/json.",
};

/** fastify's own errors (no route, body too large …) as faults; anything else as it is. */
function fromFramework(error: unknown): unknown {
  const { code, statusCode } = error as { code?: unknown; statusCode?: unknown };
  if (typeof code !== "string" || !code.startsWith("FST_ERR_") || typeof statusCode !== "number") return error;
  const details = FRAMEWORK_DETAILS[statusCode];
  return details === undefined ? error : new Fault("invalid_input", details, { httpStatus: statusCode });
}

/** An answer for a socket on which HTTP itself has failed. */
function bareResponse(answer: HttpAnswer): string {
  const lines = [`HTTP/1.1 ${answer.status} Bad Request`, "Connection: close"];
  for (let at = 0; at < answer.headers.length; at += 2) lines.push(`${answer.headers[at]}: ${answer.headers[at + 1]}`);
  return `${lines.join("\r\n")}\r\n\r\n${answer.body}`;
}
