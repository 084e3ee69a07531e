import { PassThrough } from "node:stream";
import { describe, expect, it, vi } from "vitest";
import type { WebSocket } from "ws";
import { LIMITS } from "../../protocol/limits.js";
import { ReplySocket } from "./reply-socket.js";

function socket(bufferedAmount = 0) {
  const stream = new PassThrough();
  const ws = { bufferedAmount, send: vi.fn((text: string) => stream.write(text)), close: vi.fn() };
  return { ws, stream, replies: new ReplySocket(ws as unknown as WebSocket, stream) };
}

describe("the sending side of a socket", () => {
  it("sends together what was said in one go", async () => {
    const { stream, replies } = socket();
    replies.send("a");
    replies.send("b");
    expect(stream.writableCorked).toBe(1);
    await Promise.resolve();
    expect(stream.writableCorked).toBe(0);
    replies.send("c");
    await Promise.resolve();
    expect(String(stream.read())).toBe("abc");
  });

  it("takes one message of any length, but no other before most of it has left", () => {
    const { ws, replies } = socket(LIMITS.socketEventBytesMax);
    expect(replies.hasRoom).toBe(true);
    replies.send("x".repeat(2 * LIMITS.socketBufferBytesMax));
    expect(replies.closed).toBe(false);
    ws.bufferedAmount += 1;
    expect(replies.hasRoom).toBe(false);
  });

  it("takes replies after one long message, as many as else", () => {
    const { ws, replies } = socket();
    const long = "x".repeat(2 * LIMITS.socketBufferBytesMax);
    replies.send(long);
    ws.bufferedAmount = long.length + LIMITS.socketBufferBytesMax;
    replies.send("a");
    expect(replies.closed).toBe(false);
    ws.bufferedAmount += 1;
    replies.send("b");
    expect(replies.closed).toBe(true);
  });

  it("tells once when all has left", () => {
    const { stream, replies } = socket();
    const drained = vi.fn();
    replies.onceDrained(drained);
    replies.onceDrained(drained);
    stream.emit("drain");
    stream.emit("drain");
    expect(drained).toHaveBeenCalledTimes(1);
    replies.onceDrained(drained);
    stream.emit("drain");
    expect(drained).toHaveBeenCalledTimes(2);
  });

  it("closes, once, when more waits than may, and sends nothing more", () => {
    const { ws, replies } = socket(LIMITS.socketBufferBytesMax);
    replies.send("a");
    expect(replies.closed).toBe(false);
    ws.bufferedAmount += 1;
    replies.send("b");
    replies.send("c");
    replies.close("goingAway");
    expect(replies.closed).toBe(true);
    expect(ws.send.mock.calls).toEqual([["a"]]);
    expect(ws.close.mock.calls).toEqual([[4413, "The replies were not read."]]);
  });
});
