import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { SESSION_SUBPROTOCOL } from "../../shared/protocol/session/version.js";
import { LeanSocket } from "./lean-socket.js";

describe("a lean socket", () => {
  let server: Server;
  let url: string;
  let onPeer: (peer: WebSocket) => void;
  const peers = new WebSocketServer({ noServer: true, handleProtocols: () => SESSION_SUBPROTOCOL });

  beforeEach(async () => {
    server = createServer();
    server.on("upgrade", (request, stream, head) => {
      if (request.headers["sec-websocket-protocol"] !== SESSION_SUBPROTOCOL) stream.destroy();
      else peers.handleUpgrade(request, stream, head, (peer) => onPeer(peer));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => {
    for (const peer of peers.clients) peer.terminate();
    server.close();
  });

  it.each([0, 1, 125, 126, 5_000, 60_000])("sends and takes texts of %d characters", async (length) => {
    onPeer = (peer) => peer.on("message", (data: Buffer) => peer.send(data.toString()));
    const text = "x".repeat(length);
    const echo = await new Promise<string>((resolve, reject) => {
      const listener = { onText: resolve, onClose: () => reject(new Error("closed")) };
      LeanSocket.open(url, "127.0.0.1", listener).then((socket) => socket.send(text), reject);
    });
    expect(echo).toBe(text);
  });

  it("takes several texts that come together, one that comes in pieces, and a ping between", async () => {
    const sent = ["a", "b".repeat(100_000), "c"];
    onPeer = (peer) => {
      for (const text of sent) peer.send(text);
      peer.ping();
      peer.once("pong", () => peer.send("end"));
    };
    const taken: string[] = [];
    await new Promise<void>((resolve) => {
      const onText = (text: string): void => {
        taken.push(text);
        if (text === "end") resolve();
      };
      void LeanSocket.open(url, "127.0.0.1", { onText, onClose: () => {} });
    });
    expect(taken).toEqual([...sent, "end"]);
  });

  it("tells why it was closed", async () => {
    onPeer = (peer) => peer.close(1013, "Later.");
    const ending = await new Promise((resolve) => {
      const onClose = (...end: [number, string]): void => resolve(end);
      void LeanSocket.open(url, "127.0.0.1", { onText: () => {}, onClose });
    });
    expect(ending).toEqual([1013, "Later."]);
  });

  it("rejects where there is no WebSocket, and where there is nobody", async () => {
    const listener = { onText: () => {}, onClose: () => {} };
    server.removeAllListeners("upgrade").on("request", (_, response) => response.writeHead(503).end());
    await expect(LeanSocket.open(url, "127.0.0.1", listener)).rejects.toThrow("503");
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await expect(LeanSocket.open(url, "127.0.0.1", listener)).rejects.toThrow("did not open");
  });
});
