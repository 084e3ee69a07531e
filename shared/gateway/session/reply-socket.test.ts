import { PassThrough } from "node:stream";
import { describe, expect, it, vi } from "vitest";
import type { WebSocket } from "ws";
import { LIMITS } from "../../protocol/limits.js";
import { ReplySocket } from "./reply-socket.js";

function socket(bufferedAmount = 0) {
  const stream = new PassThrough();
  const ws = { bufferedAmount, readyState: 1, OPEN: 1, close: vi.fn() };
  return { ws, stream, replies: new ReplySocket(ws as unknown as WebSocket, stream) };
}

const read = (stream: PassThrough): string => (stream.read() as Buffer | null)?.toString("latin1") ?? "";

describe("the sending side of a socket", () => {
  it("sends together what was said in one go", async () => {
    const { stream, replies } = socket();
    const write = vi.spyOn(stream, "write");
    replies.send("a");
    replies.send("b");
    expect(write).not.toHaveBeenCalled();
    await Promise.resolve();
    replies.send("c");
    await Promise.resolve();
    expect(write).toHaveBeenCalledTimes(2);
    expect(read(stream)).toBe("\x81\x01a\x81\x01b\x81\x01c");
  });

  it("sends what was said before it is closed, and nothing when the other side has closed", async () => {
    const { ws, stream, replies } = socket();
    ws.close.mockImplementation(() => expect(read(stream)).toBe("\x81\x01a"));
    replies.send("a");
    replies.close("goingAway");
    expect(ws.close).toHaveBeenCalled();
    const other = socket();
    other.replies.send("a");
    other.ws.readyState = 2;
    await Promise.resolve();
    expect(read(other.stream)).toBe("");
  });

  it("counts what is not sent yet as waiting", () => {
    const { replies } = socket(LIMITS.socketEventBytesMax);
    expect(replies.hasRoom).toBe(true);
    replies.send("a");
    expect(replies.hasRoom).toBe(false);
  });

  it("takes one message of any length, but no other before most of it has left", async () => {
    const { ws, replies } = socket(LIMITS.socketEventBytesMax);
    expect(replies.hasRoom).toBe(true);
    replies.send("x".repeat(2 * LIMITS.socketBufferBytesMax));
    expect(replies.closed).toBe(false);
    await Promise.resolve();
    ws.bufferedAmount += 1;
    expect(replies.hasRoom).toBe(false);
  });

  it("takes replies after one long message, as many as else", async () => {
    const { ws, replies } = socket();
    const long = "x".repeat(2 * LIMITS.socketBufferBytesMax);
    replies.send(long);
    await Promise.resolve();
    ws.bufferedAmount = long.length + LIMITS.socketBufferBytesMax;
    replies.send("a");
    await Promise.resolve();
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

  it("tells so too when all has left at once, of what waited for the end of the turn", async () => {
    const { stream, replies } = socket();
    // As a socket of net's says of itself when the system has taken all.
    Object.defineProperty(stream, "writableNeedDrain", { value: false });
    const drained = vi.fn();
    replies.send("x".repeat(LIMITS.socketEventBytesMax));
    replies.onceDrained(drained);
    expect(drained).not.toHaveBeenCalled();
    await Promise.resolve();
    expect(drained).toHaveBeenCalledTimes(1);
  });

  it("closes, once, when more waits than may, and sends nothing more", async () => {
    const { ws, stream, replies } = socket(LIMITS.socketBufferBytesMax);
    replies.send("a");
    await Promise.resolve();
    expect(replies.closed).toBe(false);
    ws.bufferedAmount += 1;
    replies.send("b");
    replies.send("c");
    replies.close("goingAway");
    expect(replies.closed).toBe(true);
    await Promise.resolve();
    expect(read(stream)).toBe("\x81\x01a");
    expect(ws.close.mock.calls).toEqual([[4413, "The replies were not read."]]);
  });
});
