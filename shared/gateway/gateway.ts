import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Registry } from "prom-client";
import type { Clock } from "../ports/clock.js";
import type { Log } from "../ports/log.js";
import type { Random } from "../ports/random.js";
import type { CellService } from "./cell-service.js";
import { Credentials } from "./credentials.js";
import { fastReads } from "./fast-reads.js";
import { GatewayMetrics } from "./metrics.js";
import { requestIds } from "./request-ids.js";
import { buildRouter } from "./router.js";
import { SessionDoor } from "./session/door.js";
import { asksForWebSocket, DeclinedUpgrades, UPGRADE_OPTIONS } from "./upgrades.js";

export interface GatewayParts {
  readonly service: CellService;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Registry;
  readonly host: string;
  /** 0 takes any that is free. */
  readonly port: number;
}

export interface Gateway {
  readonly port: number;
  readonly url: string;
  /** Takes nothing new, finishes what is under way within two seconds, and ends every connection. */
  close(): Promise<void>;
}

const KEEP_ALIVE_MS = 72_000;
const DRAIN_MS = 2_000;
const DRAIN_LOOK_EVERY_MS = 50;

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
  const sessions = () => service.sessions;
  const metrics = new GatewayMetrics(parts.metrics, () => (service.readiness().ready ? service.sessions.size : 0));
  const nextRequestId = requestIds(parts.random);
  const fast = fastReads({ service, credentials, metrics, nextRequestId });
  let closing = false;

  function serverAround(route: RequestListener): Server {
    return createServer({ keepAliveTimeout: KEEP_ALIVE_MS, ...UPGRADE_OPTIONS }, (request, response) => {
      if (closing) response.setHeader("Connection", "close");
      if (!fast(request, response)) route(request, response);
    });
  }

  const app = buildRouter({
    service,
    credentials,
    metrics,
    registry: parts.metrics,
    nextRequestId,
    log,
    server: serverAround,
  });
  await app.ready();
  const server = app.server as Server;
  await listen(server, parts.host, parts.port);
  const port = (server.address() as AddressInfo).port;
  const door = new SessionDoor({ service, credentials, sessions, metrics, log }, clock);
  const declined = new DeclinedUpgrades(server);
  server.on("upgrade", (request, stream, head) => {
    if (asksForWebSocket(request)) door.upgrade(request, stream, head);
    else declined.decline(request, stream as Socket, head);
  });

  async function close(): Promise<void> {
    closing = true;
    door.close();
    const ended = new Promise<void>((resolve) => server.close(() => resolve()));
    let waitedMs = 0;
    let look = clock.after(DRAIN_LOOK_EVERY_MS, hurry);
    function hurry(): void {
      waitedMs += DRAIN_LOOK_EVERY_MS;
      server.closeIdleConnections();
      if (waitedMs >= DRAIN_MS) {
        server.closeAllConnections();
        declined.terminate();
        door.terminate();
      }
      look = clock.after(DRAIN_LOOK_EVERY_MS, hurry);
    }
    await ended;
    look.cancel();
    await app.close();
  }

  return { port, url: `http://${parts.host.includes(":") ? `[${parts.host}]` : parts.host}:${port}`, close };
}

const LISTEN_FAILURES: Readonly<Record<string, string>> = {
  EADDRINUSE: "it is in use already. Stop the other program, or choose another port.",
  EACCES: "this user may not. Choose a port above 1023.",
  EADDRNOTAVAIL: "this machine does not have the address.",
};

/** @throws Error with a sentence for people */
async function listen(server: Server, host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const why = LISTEN_FAILURES[error.code ?? ""] ?? `${error.message}.`;
      reject(new Error(`Cannot listen on port ${port} of ${host}: ${why}`));
    });
    server.listen({ host, port }, resolve);
  });
}
