import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Registry } from "prom-client";
import type { Clock } from "../ports/clock.js";
import type { Log } from "../ports/log.js";
import type { Random } from "../ports/random.js";
import { LIMITS } from "../protocol/limits.js";
import type { CellService, Readiness } from "./cell-service.js";
import { Credentials } from "./credentials.js";
import { httpDates } from "./http-date.js";
import { KEEP_ALIVE_MS } from "./keep-alive.js";
import { GatewayMetrics } from "./metrics.js";
import { otherProxies } from "./other-proxies.js";
import { PlainReads } from "./plain-reads.js";
import { RepeatedReads } from "./repeated-reads.js";
import { requestIds } from "./request-ids.js";
import { buildRouter } from "./router.js";
import { SessionDoor } from "./session/door.js";
import { EventStreams } from "./sse/event-streams.js";
import { asksForWebSocket, DeclinedUpgrades, UPGRADE_OPTIONS } from "./upgrades.js";
import { Watches } from "./watch/watches.js";

export interface GatewayParts {
  readonly service: CellService;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Registry;
  readonly host: string;
  /** 0 takes any that is free. */
  readonly port: number;
  /** How many new sockets it takes in a second; else the default. */
  readonly socketsPerS?: number;
}

/** How clients on sockets are sent elsewhere before a gateway closes. */
export interface Drain {
  /** How long they get to leave, in ms. */
  readonly withinMs: number;
  /** The name of the proxy that stops: not a place to go to. */
  readonly self?: string;
}

export interface Gateway {
  readonly port: number;
  readonly url: string;
  /**
   * Is not ready any more; waits, if it is to drain, for who sits on sockets to go elsewhere, and serves on meanwhile.
   * Then takes nothing new, finishes what is under way within two seconds, and ends every connection.
   */
  close(drain?: Drain): Promise<void>;
}

const CLOSE_WITHIN_MS = 2_000;
const CLOSE_LOOK_EVERY_MS = 50;

/**
 * The front doors of a process: HTTP and WebSocket, over a `CellService`.
 *
 * Master and proxies show their clients the same doors, so the doors must not know which of them is behind:
 * they translate, check what can be checked without the cell, and never keep an answer of their own.
 *
 * @throws Error with a sentence for people, if the address cannot be listened on
 */
export async function startGateway(parts: GatewayParts): Promise<Gateway> {
  const { service, clock, log } = parts;
  const credentials = new Credentials();
  const watches = new Watches({ service, clock, log });
  const sockets = (): number => door.size;
  const metrics = new GatewayMetrics(parts.metrics, { sessions: () => sessionsOf(service), sockets, watches });
  const nextRequestId = requestIds(parts.random);
  const plain = new PlainReads({ service, credentials, metrics, nextRequestId });
  const reads = new RepeatedReads(plain, httpDates(clock));
  const streams = new EventStreams({ service, credentials, watches, clock, random: parts.random });
  let leaving = false;
  let closing = false;

  function readiness(): Readiness {
    const state = service.readiness();
    return leaving ? { ...state, ready: false, reason: "This gateway stops." } : state;
  }

  function serverAround(route: RequestListener): Server {
    const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, ...UPGRADE_OPTIONS }, (request, response) => {
      if (closing) response.setHeader("Connection", "close");
      if (!reads.serve(request, response)) route(request, response);
    });
    return reads.watch(server);
  }

  const app = buildRouter({
    service,
    readiness,
    sockets,
    credentials,
    metrics,
    registry: parts.metrics,
    nextRequestId,
    streams,
    clock,
    log,
    server: serverAround,
  });
  await app.ready();
  const server = app.server as Server;
  await listen(server, parts.host, parts.port);
  const port = (server.address() as AddressInfo).port;
  const socketsPerS = parts.socketsPerS ?? LIMITS.socketsPerSDefault;
  const door: SessionDoor = new SessionDoor({ service, credentials, watches, metrics, log, clock, socketsPerS });
  const declined = new DeclinedUpgrades(server);
  server.on("upgrade", (request, stream, head) => {
    if (asksForWebSocket(request)) door.upgrade(request, stream, head);
    else declined.decline(request, stream as Socket, head);
  });

  async function close(drain?: Drain): Promise<void> {
    leaving = true;
    if (drain !== undefined) await door.drain(drain.withinMs, await otherProxies(service, clock, drain.self));
    closing = true;
    reads.stop();
    streams.end();
    door.close();
    await serverEnded(server, clock, () => {
      declined.terminate();
      door.terminate();
    });
    watches.close();
    await app.close();
  }

  return { port, url: `http://${parts.host.includes(":") ? `[${parts.host}]` : parts.host}:${port}`, close };
}

/** Lets a server finish what is under way, and after a while drops it. */
async function serverEnded(server: Server, clock: Clock, drop: () => void): Promise<void> {
  const ended = new Promise<void>((resolve) => server.close(() => resolve()));
  let waitedMs = 0;
  let look = clock.after(CLOSE_LOOK_EVERY_MS, hurry);
  function hurry(): void {
    waitedMs += CLOSE_LOOK_EVERY_MS;
    server.closeIdleConnections();
    if (waitedMs >= CLOSE_WITHIN_MS) {
      server.closeAllConnections();
      drop();
    }
    look = clock.after(CLOSE_LOOK_EVERY_MS, hurry);
  }
  await ended;
  look.cancel();
}

/** How many sessions are open: none, while the service is being started. */
function sessionsOf(service: CellService): number {
  try {
    return service.sessions.size;
  } catch {
    return 0;
  }
}

const LISTEN_FAILURES: Readonly<Record<string, string>> = {
  EADDRINUSE: "it is in use already. Stop the other program, or choose another port.",
  EACCES: "this user may not. Choose a port above 1023.",
  EADDRNOTAVAIL: "this machine does not have the address.",
};

/**
 * Connections that the system may hold for us until we take them; it cuts this to its own limit. When a proxy dies, its
 * clients come within a second, and those that do not fit into Node's 511 would come again after 1, 3 and 7 s.
 */
const BACKLOG = 65_535;

/** @throws Error with a sentence for people */
async function listen(server: Server, host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const why = LISTEN_FAILURES[error.code ?? ""] ?? `${error.message}.`;
      reject(new Error(`Cannot listen on port ${port} of ${host}: ${why}`));
    });
    server.listen({ host, port, backlog: BACKLOG }, resolve);
  });
}
