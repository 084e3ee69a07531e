import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocketServer } from "ws";
import { until } from "../../shared/contracts/until.fixture.js";
import type { Dialer } from "../ports/dialer.js";
import { browserDialer } from "./browser-dialer.js";
import { nodeDialer } from "./node-dialer.js";

let server: WebSocketServer;
let url: string;

beforeEach(async () => {
  server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await new Promise((resolve) => void server.once("listening", resolve));
  url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  server.on("connection", (socket) => {
    socket.on("message", (data) => {
      const text = (data as Buffer).toString();
      if (text === "leave") socket.close(4401, "for a reason");
      else socket.send(`${socket.protocol}: ${text}`);
    });
  });
});
afterEach(async () => {
  for (const socket of server.clients) socket.terminate();
  await new Promise((resolve) => {
    server.close(resolve);
  });
});

/** Dials, and notes what is told. */
function dial(dialer: Dialer, to: string) {
  const told: string[] = [];
  const socket = dialer.dial(to, {
    onOpen: () => told.push("open"),
    onText: (text) => told.push(text),
    onClose: (code, reason) => told.push(`${code} ${reason}`),
  });
  return { told, socket };
}

const dialers: readonly (readonly [string, Dialer, boolean])[] = [
  ["Node's", nodeDialer, true],
  ["the browser's", browserDialer, typeof WebSocket === "function"],
];

describe.each(dialers)("%s dialer", (_, dialer, isHere) => {
  it.skipIf(!isHere)("opens with the subprotocol, carries texts, and tells why it was closed", async () => {
    const { told, socket } = dial(dialer, url);
    await until(() => told.includes("open"));
    socket.send("hello");
    socket.send("leave");
    await until(() => told.length === 3);
    expect(told).toEqual(["open", "octofleet.v1: hello", "4401 for a reason"]);
  });

  it.skipIf(!isHere)(
    "tells of what cannot be reached, or is no address, as of any lost socket, and later",
    async () => {
      for (const nowhere of ["ws://127.0.0.1:1", "ws://127.0.0.1:x"]) {
        const { told } = dial(dialer, nowhere);
        expect(told).toEqual([]);
        await until(() => told.length > 0);
        expect(told.join()).toMatch(/^1006 /);
      }
    },
  );

  it.skipIf(!isHere)("tells nothing more once it is let go of, and the peer sees it go", async () => {
    const { told, socket } = dial(dialer, url);
    await until(() => told.includes("open"));
    socket.send("hello");
    socket.close();
    socket.close();
    await until(() => server.clients.size === 0);
    expect(told).toEqual(["open"]);
  });
});
