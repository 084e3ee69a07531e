import { createServer, type Server } from "node:http";
import { connect } from "node:net";
import { Duplex } from "node:stream";
import fc from "fast-check";
import { Registry } from "prom-client";
import { beforeEach, describe, expect, it } from "vitest";
import { tokenHash } from "../protocol/tokens.js";
import { CellFixture } from "./cell-service.fixture.js";
import { Credentials } from "./credentials.js";
import { ALICE, serveFixture } from "./gateway.fixture.js";
import { GatewayMetrics } from "./metrics.js";
import { PlainReads } from "./plain-reads.js";
import { RepeatedReads } from "./repeated-reads.js";

const get = (name: string, more = ""): string =>
  `GET /locks/${name} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${ALICE}\r\n${more}\r\n`;
const post = (body: string, more = ""): string =>
  `POST /else HTTP/1.1\r\nHost: x\r\n${more}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
const A = get("a");
const B = get("b");
const LONG_BEGUN = "GET /locks/a HTTP/1.1\r\nHost: x\r\nX-1: 1\r\nX-2: 2\r\nX-3: 3\r\n";
const LONG_ENDED = `Authorization: Bearer ${ALICE}\r\n\r\n`;
const REFUSED = post(A, "Expect: else\r\n").slice(0, -A.length);

/** Some turns of the event loop later. */
async function settled(): Promise<void> {
  for (let turns = 0; turns < 3; turns += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** A client's end of a connection, without a network: each text that is sent arrives as one piece. */
class Wire {
  received = "";
  /** Whether nobody takes what is written. */
  isStuck = false;
  #writes: (() => void)[] = [];
  readonly stream = new Duplex({
    read: () => {},
    write: (data: Buffer | string, encoding, done) => {
      this.received += Buffer.isBuffer(data) ? data.toString() : Buffer.from(data, encoding).toString();
      if (this.isStuck) this.#writes.push(done);
      else done();
    },
    decodeStrings: false,
  });

  constructor(server: Server) {
    server.emit("connection", this.stream);
  }

  async send(...pieces: readonly string[]): Promise<void> {
    for (const piece of pieces) {
      if (!this.stream.destroyed) this.stream.push(Buffer.from(piece));
      await settled();
    }
  }

  flow(): void {
    this.isStuck = false;
    for (const done of this.#writes.splice(0)) done();
  }

  get statuses(): number[] {
    return [...this.received.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status));
  }
}

/** A server of plain reads, and of an echo that stands for all else. */
class Served {
  readonly cell = new CellFixture({ [ALICE]: "user:alice" });
  /** What node:http has read. */
  parsed = 0;
  /** Whether the echo waits to be released. */
  isSlow = false;
  release: () => void = () => {};
  readonly reads: RepeatedReads;
  readonly server: Server;

  constructor({ remembers = true } = {}) {
    const metrics = new GatewayMetrics(new Registry(), {
      sessions: () => 0,
      sockets: () => 0,
      watches: { size: 0, events: 0, resyncs: 0 },
    });
    const parts = { service: this.cell, credentials: new Credentials(), metrics, nextRequestId: () => "req_1" };
    this.reads = new RepeatedReads(new PlainReads(parts), () => new Date(0).toUTCString());
    this.server = createServer({ keepAliveTimeout: 72_000 }, (request, response) => {
      this.parsed += 1;
      if (this.reads.serve(request, response)) return;
      const pieces: Buffer[] = [];
      request.on("data", (piece: Buffer) => pieces.push(piece));
      const echo = (): void => {
        response.end(`${request.method} ${request.url} ${Buffer.concat(pieces).toString()}`);
      };
      request.on("end", () => {
        if (this.isSlow) this.release = echo;
        else echo();
      });
    });
    if (remembers) this.reads.watch(this.server);
  }

  async hold(name: string, metadata: string): Promise<void> {
    const flags = { lockDelayMs: 0, delayOnRelease: false, ephemeral: false, wait: false };
    const lock = { kind: "acquire", name, ttlMs: 60_000, metadata, ...flags } as const;
    await this.cell.execute({ tokenHash: tokenHash(ALICE), command: lock });
  }

  wire(): Wire {
    return new Wire(this.server);
  }
}

const undated = (text: string): string => text.replace(/^Date: .*$|"expires_at":"[^"]*"/gm, "Date");

describe("a read that is repeated to the byte", () => {
  let served: Served;
  let wire: Wire;
  beforeEach(async () => {
    served = new Served();
    await served.hold("a", "équipe 🐙");
    wire = served.wire();
  });

  it("is read by node:http once, and answered the same", async () => {
    await wire.send(A);
    const first = undated(wire.received);
    await wire.send(A, A);
    expect(undated(wire.received)).toBe(first.repeat(3));
    expect(served.parsed).toBe(1);
  });

  it("is known on other sockets from their second request on", async () => {
    await wire.send(A, B);
    const other = served.wire();
    await other.send(A, B, A);
    expect(other.statuses).toEqual([200, 200, 200]);
    expect(served.parsed).toBe(3);
  });

  it("is authorised each time (P10)", async () => {
    await wire.send(A, A);
    served.cell.revoke(ALICE);
    await wire.send(A);
    expect(wire.received).toMatch(/GET \/locks\/a $/);
    expect(served.parsed).toBe(2);
  });

  it("shows the lock as it is now, and goes to node:http if the cache cannot tell", async () => {
    await wire.send(B, B);
    await served.hold("b", "new");
    await wire.send(B);
    expect(wire.received).toContain('"metadata":"new"');
    served.cell.cached = false;
    await wire.send(B);
    expect(wire.received).toMatch(/GET \/locks\/b $/);
  });

  it("is left to node:http once that is to end the connections", async () => {
    await wire.send(A, A);
    served.reads.stop();
    await wire.send(A);
    expect(served.parsed).toBe(2);
  });

  it("waits for the answer to what was asked before it", async () => {
    await wire.send(A, A, `${A}${post("x")}${A}`, A);
    const answers = undated(wire.received).split("HTTP/1.1 200 OK\r\n").slice(1);
    expect(answers.map((each) => (each.includes("POST") ? "echo" : "lock"))).toEqual(
      "lock lock lock echo lock lock".split(" "),
    );
  });

  it("waits for an answer that takes its time", async () => {
    served.isSlow = true;
    await wire.send(A, post("x"), A, A);
    expect(wire.statuses).toHaveLength(1);
    served.release();
    await settled();
    expect(wire.statuses).toHaveLength(4);
    expect(wire.received.indexOf("POST")).toBeLessThan(wire.received.lastIndexOf("HTTP/1.1"));
    await wire.send(A);
    expect([wire.statuses.length, served.parsed]).toEqual([5, 4]);
  });

  it("does not write to a client that does not read", async () => {
    await wire.send(A, A);
    wire.isStuck = true;
    await wire.send(A, A);
    expect([served.parsed, wire.statuses.length]).toEqual([2, 3]);
    wire.flow();
    await settled();
    expect(wire.statuses).toHaveLength(4);
  });

  it.each([
    ["the body of another request", [A, post(A).slice(0, -A.length), A]],
    ["the end of a body that began before", [A, post(`x${A}`).slice(0, -A.length), A]],
    ["the body of a request that looks like it", [A, get("a", `Content-Length: ${A.length}\r\n`), A, A]],
    ["the rest of a chunked body", [A, get("a", "Transfer-Encoding: chunked\r\n"), A, A]],
    ["remembered with the body before it", [A, post("x").slice(0, -1), `x${A}`, A, `x${A}`]],
    ["the rest of a head that began behind it", [A, `${A}GET`, A]],
    ["a piece of another request's head", [A, get("b").slice(0, -2), A]],
    // As many lines as the read has stand in the second piece.
    [
      "the body of a request that node:http refuses, behind the end of a read",
      [A, LONG_BEGUN, LONG_ENDED + REFUSED, A, A],
    ],
  ])("is no request where it is %s", async (_, pieces) => {
    await wire.send(...pieces);
    const unremembered = new Served({ remembers: false });
    await unremembered.hold("a", "équipe 🐙");
    const plain = unremembered.wire();
    await plain.send(...pieces);
    expect(undated(wire.received)).toBe(undated(plain.received));
  });

  it.each([
    ["HTTP/1.0", A.replace("HTTP/1.1", "HTTP/1.0")],
    ["a connection that is to close", get("a", "Connection: close\r\n")],
    ["a body", `${get("a", "Content-Length: 2\r\n")}xx`],
    ["an expectation", get("a", "Expect: 100-continue\r\n")],
    ["two in one piece", A + B],
  ])("is not remembered with %s", async (_, text) => {
    await wire.send(text);
    const { parsed } = served;
    await served.wire().send(A, text);
    expect(served.parsed).toBe(2 * parsed + 1);
  });

  it("leaves a socket to whom it is upgraded to", async () => {
    let taken = "";
    served.server.on("upgrade", (_request, socket: Duplex) => {
      socket.on("data", (data) => {
        taken += String(data);
      });
    });
    await wire.send(A, A, "GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n", A, "rest");
    expect(taken).toBe(`${A}rest`);
    expect(wire.statuses).toEqual([200, 200]);
  });
});

describe("whatever clients send, in whatever pieces", () => {
  const message = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(A, B) },
    fc.constantFrom(get("a", "X: 1\r\n"), get("a?x"), get("a", `X: ${A.slice(0, 20)}\r\n`)),
    fc.constantFrom(post("x"), post(A), post(`${B}${A}`), post(A, "Expect: else\r\n")),
    fc.constant("POST /else HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"),
    { weight: 1, arbitrary: fc.constantFrom(`\r\n${A}`, A.replace("\r\n", "\n"), "nonsense\r\n\r\n") },
  );
  /** Where pieces end: mostly where messages do. */
  const sent = fc.array(
    fc.tuple(
      message,
      fc.option(fc.nat(200), { freq: 1 }),
      fc.nat(9).map((n) => n > 1),
    ),
    { maxLength: 12 },
  );

  function pieces(
    messages: readonly (readonly [text: string, cutAt: number | null, isCutBehind: boolean])[],
  ): string[] {
    const all = [""];
    const add = (text: string): void => void all.push(`${all.pop()}${text}`);
    for (const [text, cutAt, isCutBehind] of messages) {
      const at = cutAt === null ? 0 : cutAt % text.length;
      add(text.slice(0, at));
      if (cutAt !== null) all.push("");
      add(text.slice(at));
      if (isCutBehind) all.push("");
    }
    return all.filter((piece) => piece !== "");
  }

  it("answers as node:http alone would", async () => {
    await fc.assert(
      fc.asyncProperty(sent, async (messages) => {
        const texts: string[] = [];
        for (const remembers of [true, false]) {
          const served = new Served({ remembers });
          await served.hold("a", "x");
          const wire = served.wire();
          await wire.send(...pieces(messages));
          texts.push(undated(wire.received));
        }
        expect(texts[0]).toBe(texts[1]);
      }),
      { numRuns: 300 },
    );
  });
});

describe("the gateway", () => {
  it("writes to a repeated read what node:http writes, to the byte", async () => {
    const { cell, gateway } = await serveFixture();
    const socket = connect(gateway.port, "127.0.0.1");
    const next = async (): Promise<string> => {
      socket.write(A);
      const [data] = await new Promise<[Buffer]>((resolve) => socket.once("data", (bytes) => resolve([bytes])));
      return undated(data.toString()).replace(/req_[0-9a-f]+/, "req");
    };
    const [first, second] = [await next(), await next()];
    expect(second).toBe(first);
    expect(first).toContain("\r\nDate\r\nConnection: keep-alive\r\nKeep-Alive: timeout=72\r\n");
    expect(cell.reads).toEqual([]);
    socket.destroy();
    await gateway.close();
  });
});
