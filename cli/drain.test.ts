import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SessionCaller } from "../shared/contracts/session-caller.fixture.js";
import { type OctofleetProcess, Processes } from "./cli.fixture.js";

const TOKEN = "token-of-alice";

describe("a proxy that is asked to stop", () => {
  let data: string;
  let processes: Processes;
  let linkUrl: string;
  const callers: SessionCaller[] = [];

  beforeEach(async () => {
    data = await mkdtemp(join(tmpdir(), "octofleet-drain-"));
    processes = new Processes();
    const tokens = { OCTOFLEET_STATIC_TOKENS: `alice:${TOKEN}` };
    const master = processes.start(["master", "--port", "0", "--data", data], tokens);
    linkUrl = (await master.said(/\(link (\S+)\)$/m))[1] as string;
  });
  afterEach(async () => {
    await Promise.all(callers.splice(0).map((caller) => caller.end()));
    await processes.endAll();
    await rm(data, { recursive: true });
  });

  async function startProxy(name: string, drainMs: number): Promise<{ proxy: OctofleetProcess; url: string }> {
    const flags = ["--port", "0", "--data", data, "--master", linkUrl, "--name", name, "--drain-ms", `${drainMs}`];
    const proxy = processes.start(["proxy", ...flags]);
    return { proxy, url: (await proxy.said(/: serving on (\S+)$/m))[1] as string };
  }
  async function greet(url: string): Promise<SessionCaller> {
    const caller = await SessionCaller.greet(url, TOKEN);
    callers.push(caller);
    return caller;
  }

  it("keeps its clients alive until they have moved, with their locks, and then goes", async () => {
    const [leaving, staying] = [await startProxy("leaving", 60_000), await startProxy("staying", 0)];
    const caller = await greet(leaving.url);
    const { sessionId, resumeSecret } = await caller.ask({ type: "openSession" });
    const taken = await caller.ask({ type: "acquire", sessionId, operationId: "take", name: "kept" });
    expect(taken).toMatchObject({ type: "acquired" });

    leaving.proxy.signal("SIGTERM");
    const [goAway] = await caller.pushed(1);
    expect(goAway).toMatchObject({ type: "goAway", withinMs: 60_000 });
    expect(goAway.proxies).toEqual([{ name: "staying", url: staying.url, zone: "local" }]);
    expect((await fetch(`${leaving.url}/readyz`)).status).toBe(503);
    expect(await caller.ask({ type: "keepAlive", sessionId })).toMatchObject({ type: "keptAlive" });

    const moved = await greet(staying.url);
    const resumed = await moved.ask({ type: "resumeSession", sessionId, resumeSecret });
    const { leaseId, fencingToken } = taken;
    expect(resumed).toMatchObject({ type: "sessionResumed", locks: [{ name: "kept", leaseId, fencingToken }] });
    await caller.end();
    expect(await leaving.proxy.ended).toBe(0);
    expect(await moved.ask({ type: "keepAlive", sessionId })).toMatchObject({ type: "keptAlive" });
  });

  it("waits for nobody longer than it was told", async () => {
    const { proxy, url } = await startProxy("leaving", 200);
    const caller = await greet(url);
    proxy.signal("SIGTERM");
    expect(await caller.closed).toBe(1001);
    expect(caller.pushes).toMatchObject([{ type: "goAway", withinMs: 200 }]);
    expect(await proxy.ended).toBe(0);
  });

  it("asks nobody to move where it is given no time for it", async () => {
    const { proxy, url } = await startProxy("leaving", 0);
    const caller = await greet(url);
    proxy.signal("SIGTERM");
    expect(await caller.closed).toBe(1001);
    expect(caller.pushes).toEqual([]);
    expect(await proxy.ended).toBe(0);
  });
});
