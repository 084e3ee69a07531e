import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { connect } from "nats";
import { Pool } from "undici";
import { WebSocketServer } from "ws";
import { SESSION_SUBPROTOCOL } from "../../../shared/protocol/session/version.js";
import { FLOOR_TOLD, type FloorWrite, WRITE } from "./floor-words.js";

/**
 * The outer half of the floor: takes acquires and releases from WebSockets, hands on those of one turn to the inner half
 * in one call, and answers when that has answered, with as many bytes as a proxy. Who waits for a lock is told that it
 * is granted when the inner half says over NATS that it was released. It checks nothing and remembers nobody else.
 */
const LEASE_ID = "0".repeat(36);
const SESSION_ID = "0".repeat(32);
const CONNECTIONS = 256;

interface Asked {
  readonly type: string;
  readonly id: number;
  readonly name?: string;
  readonly operationId?: string;
  readonly wait?: boolean;
}
interface Waiting {
  readonly asked: Asked;
  readonly send: (text: string) => void;
}

let master: Pool;
let served = 0;
let batch: Waiting[] = [];
const waiters = new Map<string, Waiting>();

const server = createServer();
const sockets = new WebSocketServer({
  noServer: true,
  perMessageDeflate: false,
  handleProtocols: () => SESSION_SUBPROTOCOL,
});
server.on("upgrade", (request, stream, head) => {
  sockets.handleUpgrade(request, stream, head, (socket) => {
    socket.on("error", () => {});
    const send = (text: string): void => {
      corkForTheTurn(stream);
      socket.send(text);
    };
    socket.on("message", (data: Buffer) => take({ asked: JSON.parse(data.toString()) as Asked, send }));
  });
});

function corkForTheTurn(stream: Duplex): void {
  if (stream.writableCorked > 0) return;
  stream.cork();
  queueMicrotask(() => stream.uncork());
}

function take(waiting: Waiting): void {
  const { asked, send } = waiting;
  if (asked.type !== "acquire" && asked.type !== "release") {
    send(greetingOf(asked));
    return;
  }
  if (asked.wait === true) waiters.set(asked.name as string, waiting);
  if (batch.length === 0) setImmediate(() => void handOn());
  batch.push(waiting);
}

async function handOn(): Promise<void> {
  const sent = batch;
  batch = [];
  const writes = sent.map(({ asked }): FloorWrite => {
    return { write: WRITE, tell: asked.type === "release" ? (asked.name ?? null) : null };
  });
  const answer = await master.request({ method: "POST", path: "/", body: JSON.stringify(writes) });
  await answer.body.json();
  served += sent.length;
  for (const { asked, send } of sent) send(answerOf(asked));
}

const greetingOf = ({ type, id }: Asked): string =>
  type === "hello"
    ? JSON.stringify({ type: "welcome", id, version: 1 })
    : JSON.stringify({ type: "sessionOpened", id, sessionId: SESSION_ID });

const GRANT = `"leaseId":"${LEASE_ID}","fencingToken":123456,"metadata":null,"attachment":1234567}`;

function answerOf({ type, id, wait }: Asked): string {
  if (wait === true) return `{"type":"waiting","id":${id},"attachment":1234567}`;
  return type === "release" ? `{"type":"released","id":${id}}` : `{"type":"acquired","id":${id},${GRANT}`;
}

const grantOf = ({ operationId, name }: Asked): string =>
  `{"type":"granted","sessionId":"${SESSION_ID}","operationId":"${operationId}","name":"${name}",${GRANT}`;

async function start({ natsUrl, masterUrl }: { natsUrl: string; masterUrl: string }): Promise<void> {
  master = new Pool(masterUrl, { connections: CONNECTIONS, pipelining: 1 });
  const connection = await connect({ servers: natsUrl });
  connection.subscribe(FLOOR_TOLD, {
    callback: (_error, message) => {
      const name = message.string();
      const waiter = waiters.get(name);
      waiters.delete(name);
      waiter?.send(grantOf(waiter.asked));
    },
  });
  await connection.flush();
  server.listen(0, "127.0.0.1", () => process.send?.({ port: (server.address() as AddressInfo).port }));
}

process.on("disconnect", () => process.exit());
process.on("message", (message: { natsUrl: string; masterUrl: string } | null) => {
  if (message !== null) return void start(message);
  const { user, system } = process.cpuUsage();
  process.send?.({ served, cpuSeconds: (user + system) / 1e6 });
});
