import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Registry } from "prom-client";
import { request } from "undici";
import { afterEach, describe, expect, it } from "vitest";
import { type LinkServer, startLinkServer } from "../master/link/link-server.js";
import { connectLink, type LinkClient } from "../proxy/link-client.js";
import { systemClock } from "../shared/adapters/system-clock.js";
import { linkContract } from "../shared/contracts/link.contract.js";
import { sampleOf } from "../shared/contracts/link-samples.fixture.js";
import { ScriptedMaster } from "../shared/contracts/scripted-master.fixture.js";
import type { MasterLink } from "../shared/ports/link.js";
import { silentLog } from "../shared/ports/log.js";
import type { Fault } from "../shared/protocol/errors.js";

const SECRET = "s3cret-of-the-cell";
const HOST = "127.0.0.1";

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

interface Served {
  server: LinkServer;
  url: string;
  metrics: Registry;
}

async function serve(link: MasterLink, port = 0, log = silentLog): Promise<Served> {
  const metrics = new Registry();
  const server = await startLinkServer({
    ...{ link, secret: SECRET, host: HOST, port, log, metrics },
    clock: systemClock,
  });
  return { server, url: `http://${HOST}:${server.port}`, metrics };
}

function connect(url: string, secret = SECRET): LinkClient {
  const client = connectLink({ url, secret });
  closing.push(() => client.close());
  return client;
}

linkContract("HTTP", async (target) => {
  const { server, url } = await serve(target);
  const link = connectLink({ url, secret: SECRET });
  return {
    link,
    cut: () => server.close(),
    close: async () => {
      await link.close();
      await server.close();
    },
  };
});

const failure = (call: Promise<unknown>): Promise<Fault> =>
  call.then(
    () => Promise.reject(new Error("the call did not fail")),
    (error: Fault) => error,
  );

describe("link server", () => {
  async function start(log = silentLog): Promise<{ master: ScriptedMaster } & Served> {
    const master = new ScriptedMaster();
    master.script.fill = () => sampleOf("fill").reply;
    const served = await serve(master, 0, log);
    closing.push(() => served.server.close());
    return { master, ...served };
  }

  async function post(url: string, body: string, headers: Record<string, string> = {}) {
    const response = await request(url, {
      method: "POST",
      headers: { authorization: `Bearer ${SECRET}`, "content-type": "application/json", ...headers },
      body,
    });
    return { status: response.statusCode, body: await response.body.json() };
  }

  it.each(["Bearer wrong", "", "Bearer", SECRET, `bearer ${SECRET}`, `Bearer ${SECRET} `.repeat(2)])(
    "answers 401 to authorization %j, and asks the master nothing",
    async (authorization) => {
      const { master, url } = await start();
      const met = await post(`${url}/cell/v1/fill`, JSON.stringify(sampleOf("fill").request), { authorization });
      expect(met).toStrictEqual({
        status: 401,
        body: { code: "authentication_failed", details: "The secret of the cell link is missing or wrong." },
      });
      expect(master.asked).toStrictEqual([]);
    },
  );

  it("has registrations that come together in a turn each, so that renewals go between them", async () => {
    const { master, url } = await start();
    master.script.renew = () => sampleOf("renew").reply;
    let turn = 0;
    let counting = true;
    const count = (): void => {
      turn += 1;
      if (counting) setImmediate(count);
    };
    const turns: number[] = [];
    master.script.register = () => {
      turns.push(turn);
      return sampleOf("register").reply;
    };
    const links = Array.from({ length: 8 }, () => connect(url));
    await Promise.all(links.map((link) => link.renew(sampleOf("renew").request)));
    count();
    const replies = links.map((link) => link.register(sampleOf("register").request));
    await new Promise((resolve) => process.nextTick(resolve));
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50); // all of them have arrived meanwhile
    await Promise.all(replies);
    counting = false;
    expect(new Set(turns).size).toBe(8);
  });

  it.each([
    ["not JSON", "{", "The body is not JSON."],
    ["nothing", "", "The body is not JSON."],
    ["no object", "[]", "The body must be object."],
    ["a field missing", "{}", "The body must have required properties epoch, proxyId, keys."],
    ["a field of another type", '{"epoch":1,"proxyId":null,"keys":[1]}', "The field keys.0 must be string."],
    [
      "no form of a union",
      '{"epoch":1,"proxyId":2,"keys":["a"]}',
      "The field proxyId has none of the forms that it may have.",
    ],
  ])("answers 400 to %s, and says where", async (_what, body, details) => {
    const { master, url } = await start();
    const met = await post(`${url}/cell/v1/fill`, body);
    expect(met).toStrictEqual({ status: 400, body: { code: "invalid_input", details } });
    expect(master.asked).toStrictEqual([]);
  });

  it("does not search the forms of a command for the one that was meant", async () => {
    const { url } = await start();
    const command = { kind: "steal", name: "a", ttlMs: 1, metadata: null, lockDelayMs: 0 };
    const { request } = sampleOf("execute");
    const writes = [{ ...request.writes[0], command }];
    const met = await post(`${url}/cell/v1/execute`, JSON.stringify({ ...request, writes }));
    expect(met.body).toMatchObject({ details: "The field writes.0.command has none of the forms that it may have." });
  });

  it("answers another path, type or size with a fault of its status", async () => {
    const { url } = await start();
    const fill = `${url}/cell/v1/fill`;
    expect((await post(`${url}/cell/v1/steal`, "{}")).status).toBe(404);
    expect((await post(fill, "{}", { "content-type": "text/plain" })).status).toBe(415);
    const large = await post(fill, `"${"x".repeat(16 * 1024 * 1024)}"`);
    expect(large).toMatchObject({ status: 413, body: { code: "invalid_input" } });
  });

  it("shows nobody what went wrong inside, and tells the log", async () => {
    const logged: unknown[] = [];
    const { master, url } = await start({ ...silentLog, error: (fields) => void logged.push(fields) });
    const bug = new Error("secret internals");
    master.script.fill = () => Promise.reject(bug);
    const met = await failure(connect(url).fill(sampleOf("fill").request));
    expect(met.code).toBe("internal_error");
    expect(met.message).not.toContain("internals");
    expect(logged).toStrictEqual([{ path: "/cell/v1/fill", err: bug }]);
  });

  it("counts calls and bytes by call", async () => {
    const { url, metrics } = await start();
    const client = connect(url);
    const sample = sampleOf("fill");
    await client.fill(sample.request);
    await client.fill(sample.request);
    await post(`${url}/cell/v1/renew`, "{}");
    const text = await metrics.metrics();
    const bytes = (message: unknown): number => 2 * Buffer.byteLength(JSON.stringify(message));
    expect(text).toContain('octofleet_link_requests_total{call="fill"} 2\n');
    expect(text).toContain('octofleet_link_requests_total{call="renew"} 1\n');
    expect(text).toContain('octofleet_link_requests_total{call="register"} 0\n');
    expect(text).toContain(`octofleet_link_request_bytes_total{call="fill"} ${bytes(sample.request)}\n`);
    expect(text).toContain(`octofleet_link_reply_bytes_total{call="fill"} ${bytes(sample.reply)}\n`);
  });

  it("close lets the calls in flight finish, and cuts off those that do not", async () => {
    const { master, server, url } = await start();
    const sample = sampleOf("execute");
    let answer: () => void = () => {};
    master.script.execute = () => new Promise((resolve) => (answer = () => resolve(sample.reply)));
    const client = connect(url);
    const finishing = client.execute(sample.request);
    const hanging = failure(client.renew(sampleOf("renew").request));
    while (master.asked.length < 2) await new Promise((resolve) => setImmediate(resolve));
    const closed = server.close();
    answer();
    expect(await finishing).toStrictEqual(sample.reply);
    await closed;
    expect((await hanging).code).toBe("upstream_unavailable");
  });

  it("says which port is in use", async () => {
    const { server } = await start();
    await expect(serve(new ScriptedMaster(), server.port)).rejects.toThrow(`Port ${server.port} on ${HOST} is in use.`);
  });
});

describe("link client", () => {
  /** A server on which the link client gets one and the same answer to everything, or none. */
  async function strangeServer(answer: { status: number; body: string } | undefined): Promise<string> {
    const server: Server = createServer((_incoming, response) => {
      if (answer) response.writeHead(answer.status).end(answer.body);
    });
    await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
    closing.push(async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    return `http://${HOST}:${(server.address() as AddressInfo).port}`;
  }

  it.each([
    { status: 200, body: "<html>" },
    { status: 200, body: "{}" },
    { status: 200, body: JSON.stringify({ ...sampleOf("fill").reply, revision: "12" }) },
    { status: 503, body: "Service Unavailable" },
    { status: 400, body: '{"code":"no_such_code","details":"x"}' },
    { status: 400, body: '{"code":"toString","details":"x"}' },
    { status: 409, body: '{"code":"epoch_changed"}' },
    { status: 204, body: "" },
  ])("takes the answer $status $body for no answer", async (answer) => {
    const met = await failure(connect(await strangeServer(answer)).fill(sampleOf("fill").request));
    expect([met.name, met.code]).toStrictEqual(["Fault", "upstream_unavailable"]);
  });

  it("gives up on a renewal that is not answered after 2 s, and the next one finds a connection", async () => {
    const master = new ScriptedMaster();
    const { server, url } = await serve(master);
    closing.push(() => server.close());
    const client = connect(url);
    const { request: renewal, reply } = sampleOf("renew");
    const met = await Promise.all([failure(client.renew(renewal)), failure(client.renew(renewal))]);
    expect(met[0]).toMatchObject({
      code: "upstream_unavailable",
      message: "The master did not answer renew within 2 s.",
    });
    master.script.renew = () => reply;
    expect(await client.renew(renewal)).toStrictEqual(reply);
  });

  it("tells of a refused secret as a master out of reach, without the secret", async () => {
    const { server, url } = await serve(new ScriptedMaster());
    closing.push(() => server.close());
    const met = await failure(connect(url, "another-secret").renew(sampleOf("renew").request));
    expect(met.code).toBe("upstream_unavailable");
    expect(met.message).toContain("does not accept this proxy's link secret");
    expect(JSON.stringify([met, met.message, met.stack])).not.toContain("another-secret");
  });

  it("finds a master that was started anew on the same port", async () => {
    const master = new ScriptedMaster();
    const { request: renewal, reply } = sampleOf("renew");
    master.script.renew = () => reply;
    const first = await serve(master);
    const client = connect(first.url);
    await client.renew(renewal);
    await first.server.close();
    expect((await failure(client.renew(renewal))).code).toBe("upstream_unavailable");
    const second = await serve(master, first.server.port);
    closing.push(() => second.server.close());
    expect(await client.renew(renewal)).toStrictEqual(reply);
  });

  it.each([
    "",
    "7101",
    "localhost:7101",
    "ftp://h:1",
    "http://h:1/path",
    "http://u@h:1",
    "http://:p@h:1",
    "http://h:1?x",
    "http://h:1#x",
  ])("refuses the address %j at once", (url) => {
    expect(() => connectLink({ url, secret: SECRET })).toThrow("must look like http://host:port");
  });

  it.each(["", "with space", "zwölf", "line\nbreak"])(
    "refuses the secret %j at once, without repeating it",
    (secret) => {
      const connecting = () => connectLink({ url: "http://h:1", secret });
      expect(connecting).toThrow(/^The secret of the cell link must be one or more visible ASCII characters/);
    },
  );
});
