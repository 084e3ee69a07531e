import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { describe, expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { latin1Of, textFrame } from "./text-frame.js";

describe("a frame", () => {
  it("is read by ws as the text that it was made of, whatever its length and letters", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const streams: Duplex[] = [];
    const accepting = new WebSocketServer({ noServer: true });
    server.on("upgrade", (request, stream, head) => {
      accepting.handleUpgrade(request, stream, head, () => streams.push(stream));
    });
    const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
    await once(client, "open");
    const heard: string[] = [];
    client.on("message", (data: Buffer) => heard.push(data.toString()));
    const texts = [0, 1, 125, 126, 127, 255, 256, 65_535, 65_536, 70_000].map((length) => "x".repeat(length));
    texts.push("équipe 🐙", "é".repeat(63), "🐙".repeat(20_000), "ÿ");
    streams[0]?.write(texts.map((text) => textFrame(latin1Of(text))).join(""), "latin1");
    streams[0]?.write(textFrame("end"), "latin1");
    while (heard.at(-1) !== "end") await once(client, "message");
    expect(heard.slice(0, -1)).toEqual(texts);
    client.terminate();
    server.close();
  });
});
