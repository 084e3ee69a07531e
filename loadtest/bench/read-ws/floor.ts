import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { SESSION_SUBPROTOCOL } from "../../../shared/protocol/session/version.js";

/**
 * The floor: the least that Node and `ws` can do for an answer. Whatever is asked, it sends a constant; what one turn
 * has to send leaves together, as at a gateway. What it does not do (parse, check a token, look anything up, count) is
 * what the proxy's answer costs more.
 *
 * Its parent sends it the answer, and then asks for its counts with `null`.
 */
let served = 0;
let answer: Buffer;
const sockets = new WebSocketServer({
  noServer: true,
  perMessageDeflate: false,
  handleProtocols: () => SESSION_SUBPROTOCOL,
});

const server = createServer();
server.on("upgrade", (request, stream, head) => {
  sockets.handleUpgrade(request, stream, head, (socket) => {
    socket.on("error", () => {});
    socket.on("message", () => {
      served += 1;
      corkForTheTurn(stream);
      socket.send(answer, { binary: false });
    });
  });
});

function corkForTheTurn(stream: Duplex): void {
  if (stream.writableCorked > 0) return;
  stream.cork();
  queueMicrotask(() => stream.uncork());
}

process.on("disconnect", () => process.exit());
process.on("message", (message: { answer: string } | null) => {
  if (message === null) {
    const { user, system } = process.cpuUsage();
    process.send?.({ served, cpuSeconds: (user + system) / 1e6 });
    return;
  }
  answer = Buffer.from(message.answer);
  server.listen(0, "127.0.0.1", () => process.send?.({ port: (server.address() as AddressInfo).port }));
});
