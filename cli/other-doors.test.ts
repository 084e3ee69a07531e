import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EventStreamCaller } from "../shared/contracts/event-stream.fixture.js";
import { type Call, HttpCaller, type Reply } from "../shared/contracts/http-caller.fixture.js";
import { OctofleetProcess } from "./cli.fixture.js";

const TOKEN = "token-of-alice";
const NAMES = ["master", "proxy-1", "proxy-2"] as const;
type DoorName = (typeof NAMES)[number];

/** What begins at one door of a cell and goes on at another. */
describe("the doors of one cell", () => {
  let directory: string;
  let cell: OctofleetProcess;
  const urls = {} as Record<DoorName, string>;
  const doors = {} as Record<DoorName, HttpCaller>;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "octofleet-others-"));
    const environment = { OCTOFLEET_STATIC_TOKENS: `alice:${TOKEN}` };
    cell = new OctofleetProcess(["start", "--port", "0", "--data", directory], environment);
    for (const name of NAMES) {
      const [, url] = await cell.said(new RegExp(`^ +${name} +(http://[0-9.:]+)`, "m"));
      urls[name] = url as string;
      doors[name] = new HttpCaller(url as string);
    }
    await cell.said(/Ctrl-C/);
  });
  afterAll(async () => {
    await Promise.all(NAMES.map((name) => doors[name].close()));
    cell.signal("SIGINT");
    await cell.ended;
    await rm(directory, { recursive: true, force: true });
  });

  const call = (door: DoorName, line: `${string} ${string}`, more: Call = {}): Promise<Reply> =>
    doors[door].call(line, { token: TOKEN, ...more });
  const atAll = (line: `${string} ${string}`): Promise<Reply[]> => Promise.all(NAMES.map((name) => call(name, line)));
  const create = async (door: DoorName): Promise<string> =>
    (await call(door, "POST /sessions", { body: { ttl_seconds: 30 } })).json.session_id;

  it("serve a session wherever its owner calls", async () => {
    const id = await create("proxy-1");
    for (const door of ["proxy-2", "master", "proxy-1", "proxy-1", "proxy-2"] as const) {
      expect((await call(door, `POST /sessions/${id}/keepalive`)).status, door).toBe(200);
    }
    const body = { session_id: id, ephemeral: true };
    const { lease_id } = (await call("proxy-1", "POST /locks/roams/acquire", { body })).json;
    const renewed = await call("master", "POST /locks/roams/renew", { body: { lease_id } });
    expect(renewed.json).toMatchObject({ lease_id });
    for (const reply of await atAll(`GET /sessions/${id}`)) {
      expect(reply.json).toMatchObject({ session_id: id, lock_count: 1, active: true });
    }
    expect((await call("master", `DELETE /sessions/${id}`)).status).toBe(204);
  });

  it.each([
    ["proxy-1", "proxy-2"],
    ["proxy-1", "master"],
    ["master", "proxy-2"],
    ["proxy-2", "proxy-2"],
  ] as const)("know nothing any more of a session of %s that was deleted at %s", async (made, deleted) => {
    const id = await create(made);
    const lock = `of-${made}-${deleted}`;
    const body = { session_id: id, ephemeral: true };
    expect((await call(made, `POST /locks/${lock}/acquire`, { body })).json.status).toBe("acquired");
    await atAll(`GET /locks/${lock}`); // into every cache
    expect((await call(deleted, `DELETE /sessions/${id}`)).status).toBe(204);
    for (const line of [`POST /sessions/${id}/keepalive`, `GET /sessions/${id}`, `DELETE /sessions/${id}`] as const) {
      expect(
        (await atAll(line)).map(({ status }) => status),
        line,
      ).toEqual([404, 404, 404]);
    }
    expect((await atAll(`GET /locks/${lock}`)).map(({ json }) => json.status)).toEqual(["free", "free", "free"]);
  });

  it("go on with a stream that began at another one", async () => {
    const headers = { authorization: `Bearer ${TOKEN}` };
    const first = await EventStreamCaller.open(urls["proxy-1"], "/locks/streamed/events", headers);
    const { id } = await first.next();
    await first.close();
    const { lease_id } = (await call("master", "POST /locks/streamed/acquire", { body: {} })).json;
    for (const door of ["proxy-2", "master"] as const) {
      const resumed = { ...headers, "last-event-id": id as string };
      const stream = await EventStreamCaller.open(urls[door], "/locks/streamed/events", resumed);
      expect(await stream.next(), door).toMatchObject({ event: "acquired", data: { lock: { name: "streamed" } } });
      await stream.close();
    }
    await call("proxy-1", "POST /locks/streamed/release", { body: { lease_id } });
  });

  it("name the proxies, each of them", async () => {
    for (const { json } of await atAll("GET /proxies")) {
      const byName = json.proxies.sort((a: { name: string }, b: { name: string }) => a.name.localeCompare(b.name));
      expect(byName).toEqual([
        { name: "proxy-1", url: urls["proxy-1"], zone: "local" },
        { name: "proxy-2", url: urls["proxy-2"], zone: "local" },
      ]);
    }
  });
});
