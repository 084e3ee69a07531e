import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { HeldCannon } from "./held-cannon.js";

type Handler = (path: string, response: ServerResponse) => void;

/** A door that says what it is told to, and counts its connections and requests. */
class Door {
  readonly server: Server;
  origin = "";
  connections = 0;
  readonly asked: string[] = [];
  handle: Handler = (path, response) => void response.end(path);

  constructor() {
    this.server = createServer((request, response) => {
      this.asked.push(`${request.url} ${request.headers.authorization}`);
      this.handle(request.url as string, response);
    });
    this.server.on("connection", () => {
      this.connections += 1;
    });
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    this.origin = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

let door: Door;
let cannon: HeldCannon;
const get = (path: string) => cannon.get(door.origin, path, { authorization: "Bearer t" });

beforeEach(async () => {
  door = new Door();
  await door.listen();
  cannon = new HeldCannon([door.origin], 2);
});
afterEach(async () => {
  await cannon.stop();
  door.close();
});

describe("autocannon, held", () => {
  it("sends what it is told to and nothing else, over connections that it makes when it needs them", async () => {
    await pause(100);
    expect(door.connections).toBe(0);
    expect(await get("/a")).toEqual({ status: 200, body: "/a" });
    expect(await get("/b")).toEqual({ status: 200, body: "/b" });
    await pause(100);
    expect(door).toMatchObject({ connections: 1, asked: ["/a Bearer t", "/b Bearer t"] });
  });

  it("gives each its own answer, whatever their order", async () => {
    door.handle = (path, response) => void setTimeout(() => response.end(path), path === "/0" ? 50 : 1);
    const paths = Array.from({ length: 20 }, (_, at) => `/${at}`);
    const answers = await Promise.all(paths.map(get));
    expect(answers.map(({ body }) => body)).toEqual(paths);
    expect(door.connections).toBe(2);
  });

  it("hands on an answer that is no 200", async () => {
    door.handle = (_, response) => void response.writeHead(404).end("no");
    expect(await get("/a")).toEqual({ status: 404, body: "no" });
  });

  it("asks each of several doors what it is to be asked", async () => {
    const other = new Door();
    await other.listen();
    const both = new HeldCannon([door.origin, other.origin], 2);
    await both.get(other.origin, "/there", {});
    await both.get(door.origin, "/here", {});
    await both.stop();
    expect([door, other].map(({ asked }) => asked.map((each) => each.split(" ")[0]))).toEqual([["/here"], ["/there"]]);
    other.close();
  });

  it("loses an answer that is cut off in its middle, and takes the next one for its own", async () => {
    door.handle = (path, response) => {
      if (path !== "/cut") return void response.end(path);
      response.writeHead(200, { "content-length": "100" }).write("half");
      setTimeout(() => response.socket?.destroy(), 10);
    };
    await expect(get("/cut")).rejects.toThrow(/no answer came|ECONNRESET/);
    expect(await get("/next")).toEqual({ status: 200, body: "/next" });
  });

  it("says why nobody could be asked", async () => {
    door.close();
    await expect(get("/a")).rejects.toThrow("ECONNREFUSED");
  });

  it("gives up what is under way when it is stopped", async () => {
    door.handle = () => {};
    const waiting = ["/a", "/b", "/c"].map((path) => get(path).catch((error: Error) => error.message));
    await cannon.stop();
    expect(await Promise.all(waiting)).toEqual(["no answer came", "no answer came", "no connection was free"]);
  });
});
