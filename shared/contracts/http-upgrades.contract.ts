import { once } from "node:events";
import { Agent, type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import type { Door } from "./door.fixture.js";
import { talk } from "./talk.fixture.js";

/** What clients add that would rather speak HTTP/2: curl with --http2, Java's HttpClient unless told otherwise. */
const OFFERS: Readonly<Record<string, string>> = {
  "of HTTP/2": "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n",
  "of HTTP/2, in other letters": "connection:upgrade\r\nUPGRADE: H2C\r\nhttp2-settings: AA\r\n",
  "of several protocols": "Connection: Upgrade\r\nUpgrade: websocket, h2c\r\n",
  "of nothing known": "Connection: Upgrade\r\nUpgrade: x/1\r\n",
};
const JSON_BODY = "Content-Type: application/json\r\n";

/** An offer to speak another protocol than HTTP/1.1 or WebSocket changes nothing (RFC 9110, section 7.8). */
export function httpUpgradesContract(door: Door): void {
  const head = (line: string, more: string): string =>
    `${line} HTTP/1.1\r\nHost: door\r\nAuthorization: Bearer ${door.alice.token}\r\n${more}\r\n`;
  const write = (lock: string, more: string, metadata: string): string => {
    const body = JSON.stringify({ metadata });
    return `${head(`POST /locks/${lock}/acquire`, `${JSON_BODY}Content-Length: ${body.length}\r\n${more}`)}${body}`;
  };
  const say = (...requests: string[]): Promise<string> => talk(door.served.url, requests.join(""));
  const statuses = (heard: string): string[] => heard.match(/(?<=HTTP\/1\.1 )\d{3}(?= )/g) ?? [];

  describe.each(Object.entries(OFFERS))("an offer %s", (_, offered) => {
    const offer = `${offered}Connection: close\r\n`;

    it.each(["GET /locks/a", "GET /locks/a?x", "GET /locks", "GET /readyz"])("does not touch %s", async (line) => {
      const heard = await say(head(line, offer));
      expect(statuses(heard), heard).toEqual(["200"]);
      expect(heard).toMatch(/X-Request-Id: req_[0-9a-f]{32}\r\n/);
    });

    it("does not touch a write, its body included", async () => {
      const lock = door.fresh();
      expect(statuses(await say(write(lock, offer, "kept")))).toEqual(["200"]);
      expect((await door.call(`GET /locks/${lock}`, door.alice)).json.metadata).toBe("kept");
    });

    it("does not touch a body in chunks", async () => {
      const lock = door.fresh();
      const start = head(`POST /locks/${lock}/acquire`, `${JSON_BODY}Transfer-Encoding: chunked\r\n${offer}`);
      expect(statuses(await say(start, '13\r\n{"metadata":"parts"\r\n1\r\n}\r\n0\r\n\r\n'))).toEqual(["200"]);
      expect((await door.call(`GET /locks/${lock}`, door.alice)).json.metadata).toBe("parts");
    });

    it("waits for the answers to what came before it on the connection", async () => {
      const [first, last] = [door.fresh(), door.fresh()];
      const heard = await say(write(first, "", "first"), head("GET /nothing", ""), write(last, offer, "last"));
      expect(statuses(heard), heard).toEqual(["200", "404", "200"]);
      expect(heard.match(/"metadata":"\w+"/g)).toEqual(['"metadata":"first"', '"metadata":"last"']);
    });
  });

  it("may be offered with every request of a connection", async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const authorization = `Bearer ${door.alice.token}`;
    const headers = { authorization, connection: "Upgrade", upgrade: "h2c", "content-type": "application/json" };
    const ports = new Set<number | undefined>();
    const times = 20; // more than listeners may pile up on a socket without a warning
    for (let n = 0; n < times; n += 1) {
      const [method, path, body] = n % 2 === 0 ? ["GET", "", ""] : ["POST", `/${n}/acquire`, "{}"];
      const sent = request(`${door.served.url}/locks${path}`, { method, agent, headers }).end(body);
      const [response] = (await once(sent, "response")) as [IncomingMessage];
      ports.add(response.socket.localPort);
      expect([response.statusCode, await text(response)]).toEqual([200, expect.stringMatching(/"(total|lease_id)":/)]);
    }
    agent.destroy();
    expect(ports.size).toBe(1);
  });
}
