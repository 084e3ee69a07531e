import type { RequestListener, Server } from "node:http";
import fastify, { type FastifyInstance, type FastifyRequest } from "fastify";
import type { Registry } from "prom-client";
import type { Log } from "../ports/log.js";
import { Fault } from "../protocol/errors.js";
import { LIMITS } from "../protocol/limits.js";
import { methodsOf } from "./addresses.js";
import { type HttpAnswer, textAnswer } from "./answers.js";
import type { CellService } from "./cell-service.js";
import { preflightHeaders } from "./cors.js";
import type { Credentials } from "./credentials.js";
import { requireJson } from "./json-body.js";
import { pathOf, type WriteMethod, writeTarget } from "./lock-path.js";
import type { GatewayMetrics } from "./metrics.js";
import { readRoutes } from "./read-routes.js";
import { Responder } from "./responder.js";
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

type Method = "GET" | "POST" | "PUT" | "OPTIONS";
type Handler = (request: FastifyRequest) => HttpAnswer | Promise<HttpAnswer>;

/** The HTTP routes. fastify finds the handler and reads the body; what an answer says and how it is written is ours. */
export function buildRouter(parts: RouterParts): FastifyInstance {
  const responder = new Responder(parts);
  const app = bareRouter(parts, responder);
  for (const [method, url, handle] of routes(parts)) {
    app.route({
      method,
      url,
      handler: async (request, reply) => responder.send(request, reply, await handle(request)),
    });
  }
  return app;
}

/** fastify without routes, and without opinions on bodies and errors. */
function bareRouter(parts: RouterParts, responder: Responder): FastifyInstance {
  const app = fastify({
    serverFactory: (listener) => parts.server(listener),
    genReqId: parts.nextRequestId,
    bodyLimit: LIMITS.bodyBytesMax,
    frameworkErrors: (error, request, reply) => responder.fail(error, request, reply),
    clientErrorHandler: (error, socket) => responder.failSocket(error, socket),
  });
  app.server.on("checkExpectation", (_request, response) => responder.failExpectation(response));
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  app.addHook("onRequest", async (request) => {
    if (request.is404 || (request.method !== "POST" && request.method !== "PUT")) return;
    targetOf(request);
    requireJson(request.headers["content-type"]);
  });
  app.setErrorHandler((error, request, reply) => responder.fail(error, request, reply));
  app.setNotFoundHandler((request, reply) => responder.fail(notRouted(request), request, reply));
  return app;
}

function routes(parts: RouterParts): readonly [Method, string, Handler][] {
  const { service, credentials, metrics } = parts;
  const reads = readRoutes(service, credentials, metrics);
  const writes = writeRoutes(service, credentials);
  const system = systemRoutes(service, parts.registry);
  const write: Handler = (request) => {
    const { verb, name } = targetOf(request);
    return writes[verb](request, name);
  };
  return [
    ["GET", "/locks", (request) => reads.list(request.raw)],
    ["GET", "/locks/*", (request) => reads.lock(request.raw)],
    ["POST", "/locks/*", write],
    ["PUT", "/locks/*", write],
    ["GET", "/health", system.health],
    ["GET", "/readyz", system.readyz],
    ["GET", "/metrics", system.metrics],
    ["OPTIONS", "*", preflight],
  ];
}

function preflight(): HttpAnswer {
  const answer = textAnswer(200, "text/plain", "");
  answer.headers.push(...preflightHeaders());
  return answer;
}

function notRouted(request: FastifyRequest): Fault {
  const isKnown = methodsOf(pathOf(request.raw.url as string)).length > 0;
  if (!isKnown) return new Fault("not_found", "There is nothing under this address.");
  return new Fault("invalid_input", "This address does not take this method.", { httpStatus: 405 });
}

/** What a write's path says. @throws Fault (404, 405) if it names no write */
function targetOf(request: FastifyRequest) {
  const target = writeTarget(request.method as WriteMethod, pathOf(request.raw.url as string));
  if (target === undefined) throw notRouted(request);
  return target;
}
