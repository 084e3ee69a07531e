import { hash, timingSafeEqual } from "node:crypto";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { Counter, type Registry } from "prom-client";
import type { Clock } from "../../shared/ports/clock.js";
import type { MasterLink } from "../../shared/ports/link.js";
import type { Log } from "../../shared/ports/log.js";
import { Fault, faultOf } from "../../shared/protocol/errors.js";
import { faultBodyOf } from "../../shared/protocol/fault-body.js";
import {
  LINK_BODY_BYTES_MAX,
  LINK_CALL_NAMES,
  LINK_CALLS,
  LINK_IDLE_MS,
  type LinkCallName,
  linkAuthorization,
  type Shape,
} from "../../shared/protocol/link-wire.js";
import { OneATurn } from "./one-a-turn.js";

const CLOSE_WITHIN_MS = 2_000;
const JSON_TYPE = "application/json";

export interface LinkServer {
  /** The port that it listens on, also if 0 was asked for. */
  readonly port: number;
  /** Takes no new connections and finishes the calls in flight; what takes longer than 2 s is cut off. */
  close(): Promise<void>;
}

export interface LinkServerOptions {
  readonly link: MasterLink;
  /** What every proxy must show. */
  readonly secret: string;
  readonly host: string;
  readonly port: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Registry;
}

/**
 * The master's end of the link to its proxies: five paths on a port of their own (see `link-wire.ts`).
 *
 * Whoever knows the secret is a proxy and trusted as one; whoever does not is sent away before a byte of
 * the body is read. Rejects with a plain `Error` for people if it cannot listen.
 */
export async function startLinkServer(options: LinkServerOptions): Promise<LinkServer> {
  const app = fastify({
    bodyLimit: LINK_BODY_BYTES_MAX,
    keepAliveTimeout: LINK_IDLE_MS.master,
    forceCloseConnections: "idle",
    // While it closes, a call on an open connection is answered by the master itself, and is that connection's last.
    return503OnClosing: false,
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(JSON_TYPE, { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  const refuse = faultSender(options.log);
  app.setErrorHandler(refuse);
  app.setNotFoundHandler((request, reply) =>
    refuse(new Fault("not_found", "The cell link has no such call."), request, reply),
  );
  admitOnly(app, linkAuthorization(options.secret), options.log);
  serveCalls(app, options);
  await listen(app, options);
  return { port: (app.server.address() as AddressInfo).port, close: () => close(app) };
}

function serveCalls(app: FastifyInstance, { link, metrics, clock }: LinkServerOptions): void {
  const registrations = new OneATurn(clock);
  const requests = counter(metrics, "requests_total", "Calls of proxies that reached the master.");
  const requestBytes = counter(metrics, "request_bytes_total", "Bytes of the bodies of these calls.");
  const replyBytes = counter(metrics, "reply_bytes_total", "Bytes of the bodies of their answers.");
  for (const call of LINK_CALL_NAMES) {
    const arrived = requests.labels(call);
    const bytesIn = requestBytes.labels(call);
    const bytesOut = replyBytes.labels(call);
    const answer = answerer(link, call);
    app.post(LINK_CALLS[call].path, async (request, reply) => {
      const body = (request.body as Buffer | undefined) ?? Buffer.alloc(0);
      arrived.inc();
      bytesIn.inc(body.length);
      if (call === "register") await registrations.next();
      const json = Buffer.from(JSON.stringify(await answer(body)));
      bytesOut.inc(json.length);
      return reply.header("content-type", JSON_TYPE).send(json);
    });
  }
}

/** A call from its body to its reply. */
function answerer(link: MasterLink, call: LinkCallName): (body: Buffer) => Promise<unknown> {
  const shape: Shape<unknown> = LINK_CALLS[call].request;
  return (body) => link[call](readOr400(shape, body) as never);
}

function readOr400<T>(shape: Shape<T>, body: Buffer): T {
  try {
    return shape.read(body);
  } catch (error) {
    throw new Fault("invalid_input", (error as Error).message);
  }
}

function counter(metrics: Registry, name: string, help: string): Counter<"call"> {
  const made = new Counter({ name: `octofleet_link_${name}`, help, labelNames: ["call"], registers: [metrics] });
  for (const call of LINK_CALL_NAMES) made.inc({ call }, 0);
  return made;
}

/** Digests are compared, so that neither the secret's length nor its beginning shows in the time taken. */
function admitOnly(app: FastifyInstance, authorization: string, log: Log): void {
  const expected = digest(authorization);
  app.addHook("onRequest", async (request, reply) => {
    if (timingSafeEqual(digest(request.headers.authorization ?? ""), expected)) return;
    log.warn({ remoteAddress: request.ip }, "somebody called the cell link without its secret");
    reply.header("www-authenticate", 'Bearer realm="octofleet cell link"').header("connection", "close");
    throw new Fault("authentication_failed", "The secret of the cell link is missing or wrong.");
  });
}

const digest = (text: string): Buffer => hash("sha256", text, "buffer");

function faultSender(log: Log) {
  return (error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    const fault = httpFaultOf(error) ?? faultOf(error);
    if (fault.code === "internal_error") log.error({ path: request.url, err: error }, "a call of a proxy failed");
    reply
      .code(fault.httpStatus)
      .header("content-type", JSON_TYPE)
      .send(JSON.stringify(faultBodyOf(fault)));
  };
}

/** What fastify itself refuses (too large, not JSON by its type, …) as a fault. */
function httpFaultOf(error: unknown): Fault | undefined {
  const { statusCode, message } = error as { statusCode?: number; message?: string };
  if (statusCode === undefined || statusCode >= 500) return undefined;
  return new Fault("invalid_input", `${message}.`, { httpStatus: statusCode });
}

async function listen(app: FastifyInstance, { host, port }: LinkServerOptions): Promise<void> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    await app.close();
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EADDRINUSE") {
      throw new Error(
        `Port ${port} on ${host} is in use. Stop what listens there, or choose another port for the link.`,
      );
    }
    throw new Error(`The cell link cannot listen on port ${port} of ${host} (${code ?? (error as Error).message}).`);
  }
}

async function close(app: FastifyInstance): Promise<void> {
  const server: Server = app.server;
  const cutOff = (): void => server.closeAllConnections();
  const limit = AbortSignal.timeout(CLOSE_WITHIN_MS);
  limit.addEventListener("abort", cutOff);
  await app.close();
  limit.removeEventListener("abort", cutOff);
}
