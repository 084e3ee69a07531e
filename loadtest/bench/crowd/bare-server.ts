import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";
import { SESSION_SUBPROTOCOL } from "../../../shared/protocol/session/version.js";

/**
 * The floor: the least that Node and `ws` can do for a socket. What comes in is sent back, and what is put to
 * `/broadcast` is sent to everybody; it knows of no tokens, sessions, leases or watches. Its parent asks for what it
 * has cost with "cost".
 */
let echoed = 0;
const sockets = new WebSocketServer({
  noServer: true,
  perMessageDeflate: false,
  handleProtocols: () => SESSION_SUBPROTOCOL,
});
sockets.on("connection", (socket) => {
  socket.on("error", () => {});
  socket.on("message", (data: Buffer) => {
    echoed += 1;
    socket.send(data.toString());
  });
});

const server = createServer((request, response) => {
  const pieces: Buffer[] = [];
  request.on("data", (piece: Buffer) => pieces.push(piece));
  request.once("end", () => {
    const text = Buffer.concat(pieces).toString();
    for (const socket of sockets.clients) socket.send(text);
    response.end("{}");
  });
});
server.on("upgrade", (request, socket, head) => {
  sockets.handleUpgrade(request, socket, head, (open) => sockets.emit("connection", open, request));
});

process.on("disconnect", () => process.exit());
process.on("message", (message: "listen" | "cost") => {
  if (message === "listen") {
    server.listen(0, "127.0.0.1", 4_096, () => process.send?.({ port: (server.address() as AddressInfo).port }));
    return;
  }
  const { user, system } = process.cpuUsage();
  const cost = { residentBytes: process.memoryUsage.rss(), cpuSeconds: (user + system) / 1e6, keepAlives: echoed };
  process.send?.(cost);
});
