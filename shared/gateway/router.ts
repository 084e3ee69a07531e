import type { RequestListener, Server } from "node:http";
import fastify, { type FastifyInstance, type FastifyRequest } from "fastify";
import type { Registry } from "prom-client";
import type { Clock } from "../ports/clock.js";
import type { Log } from "../ports/log.js";
import { Fault } from "../protocol/errors.js";
import { LIMITS } from "../protocol/limits.js";
import { methodsOf } from "./addresses.js";
import { type HttpAnswer, textAnswer } from "./answers.js";
import type { CellService, Readiness } from "./cell-service.js";
import { preflightHeaders } from "./cors.js";
import type { Credentials } from "./credentials.js";
import { requireJson } from "./json-body.js";
import { pathOf, streamOf, type WriteMethod, writeTarget } from "./lock-path.js";
import type { GatewayMetrics } from "./metrics.js";
import { proxyRoutes } from "./proxy-routes.js";
import { readRoutes } from "./read-routes.js";
import { Responder } from "./responder.js";
import { sessionRoutes } from "./session-routes.js";
import type { EventStreams, Opening } from "./sse/event-streams.js";
import { systemRoutes } from "./system-routes.js";
import { writeRoutes } from "./write-routes.js";

export interface RouterParts {
  readonly service: CellService;
  /** Of the gateway, which may stop while the service goes on. */
  readonly readiness: () => Readiness;
  /** How many WebSockets are open beside. */
  readonly sockets: () => number;
  readonly credentials: Credentials;
  readonly metrics: GatewayMetrics;
  readonly registry: Registry;
  readonly nextRequestId: () => string;
  readonly streams: EventStreams;
  readonly clock: Clock;
  readonly log: Log;
  /** Makes the server around the router's listener. */
  readonly server: (listener: RequestListener) => Server;
}

type Method = "GET" | "POST" | "PUT" | "DELETE" | "OPTIONS";
/** Undefined: the handler began an answer that goes on, by way of `opening`. */
type Handler = (request: FastifyRequest, opening: Opening) => HttpAnswer | Promise<HttpAnswer | undefined>;

interface Route {
  readonly method: Method;
  readonly url: string;
  /** Looks at the head of a request before its body is read. @throws Fault */
  readonly admit?: (request: FastifyRequest) => void;
  readonly handle: Handler;
}

/** The HTTP routes. fastify finds the handler and reads the body; what an answer says and how it is written is ours. */
export function buildRouter(parts: RouterParts): FastifyInstance {
  const responder = new Responder(parts);
  const app = bareRouter(parts, responder);
  for (const { method, url, admit, handle } of routes(parts)) {
    app.route({
      method,
      url,
      onRequest: async (request) => admit?.(request),
      handler: async (request, reply) => {
        const begin = (headers: readonly string[]) => responder.begin(request, reply, headers);
        const answer = await handle(request, { response: reply.raw, begin });
        if (answer !== undefined) responder.send(request, reply, answer);
      },
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
  app.setErrorHandler((error, request, reply) => responder.fail(error, request, reply));
  app.setNotFoundHandler((request, reply) => responder.fail(notRouted(request), request, reply));
  return app;
}

function routes(parts: RouterParts): readonly Route[] {
  return [
    ...lockRoutes(parts),
    ...sessionTable(parts),
    ...systemTable(parts),
    { method: "OPTIONS", url: "*", handle: preflight },
  ];
}

function lockRoutes({ service, credentials, metrics, streams }: RouterParts): Route[] {
  const reads = readRoutes(service, credentials, metrics);
  const writes = writeRoutes(service, credentials);
  const admit = (request: FastifyRequest): void => {
    writeTargetOf(request);
    requireJson(request.headers["content-type"]);
  };
  const read: Handler = (request, opening) => {
    const isStream = streamOf(pathOf(request.raw.url as string)) !== undefined;
    return isStream ? streams.lock(request, opening) : reads.lock(request.raw);
  };
  const write: Handler = (request) => {
    const { verb, name } = writeTargetOf(request);
    return writes[verb](request, name);
  };
  return [
    { method: "GET", url: "/locks", handle: (request) => reads.list(request.raw) },
    { method: "GET", url: "/locks/*", handle: read },
    { method: "GET", url: "/events", handle: (request, opening) => streams.events(request, opening) },
    { method: "POST", url: "/locks/*", admit, handle: write },
    { method: "PUT", url: "/locks/*", admit, handle: write },
  ];
}

function sessionTable({ service, credentials, clock }: RouterParts): Route[] {
  const sessions = sessionRoutes(service, credentials, clock);
  const url = "/sessions/*";
  return [
    {
      method: "POST",
      url: "/sessions",
      admit: (request) => requireJson(request.headers["content-type"]),
      handle: sessions.create,
    },
    { method: "POST", url, admit: admitSession, handle: sessions.keepAlive },
    { method: "GET", url, admit: admitSession, handle: sessions.show },
    { method: "DELETE", url, admit: admitSession, handle: sessions.remove },
  ];
}

function systemTable(parts: RouterParts): Route[] {
  const system = systemRoutes(parts.readiness, parts.sockets, parts.registry);
  const proxies = proxyRoutes(parts.service, parts.credentials);
  return [
    { method: "GET", url: "/proxies", handle: (request) => proxies(request.raw) },
    { method: "GET", url: "/health", handle: system.health },
    { method: "GET", url: "/readyz", handle: system.readyz },
    { method: "GET", url: "/metrics", handle: system.metrics },
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
function writeTargetOf(request: FastifyRequest) {
  const target = writeTarget(request.method as WriteMethod, pathOf(request.raw.url as string));
  if (target === undefined) throw notRouted(request);
  return target;
}

/** @throws Fault (404, 405) if the path is none of a session's */
function admitSession(request: FastifyRequest): void {
  if (!methodsOf(pathOf(request.raw.url as string)).includes(request.method)) throw notRouted(request);
}
