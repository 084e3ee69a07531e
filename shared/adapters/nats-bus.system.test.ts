import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { busContract } from "../contracts/bus.contract.js";
import { type NatsServer, startNatsServer } from "../contracts/nats-server.fixture.js";
import { until } from "../contracts/until.fixture.js";
import type { Bus } from "../ports/bus.js";
import { type Log, silentLog } from "../ports/log.js";
import { connectNatsBus } from "./nats-bus.js";

let server: NatsServer;
let cells = 0;
const open: Bus[] = [];

beforeAll(async () => {
  server = await startNatsServer();
});
afterAll(() => server.stop());

async function join(
  cell: string,
  { url = server.url, log = silentLog }: { url?: string; log?: Log } = {},
): Promise<Bus> {
  const bus = await connectNatsBus({ url, cell, name: "test", log });
  open.push(bus);
  return bus;
}

async function closeAll(): Promise<void> {
  await Promise.all(open.splice(0).map((bus) => bus.close()));
}

busContract(
  "NATS",
  async () => {
    await server.restart();
    const cell = `contract-${cells++}`;
    return {
      join: () => join(cell),
      until,
      outage: { begin: () => server.kill(), end: () => server.restart() },
      end: closeAll,
    };
  },
  { outages: true },
);

/** Publishes until the receiver has heard it: how a test knows that the bus carries messages. */
async function expectCarries(from: Bus, to: Bus): Promise<void> {
  const heard: string[] = [];
  const subscription = to.subscribe("rounds", (message) => heard.push(message));
  await until(() => {
    from.publish("rounds", "carried");
    return heard.includes("carried");
  });
  subscription.unsubscribe();
}

/** A log that can be read: "level message". */
function keptLog(): { lines: string[]; fields: object[]; log: Log } {
  const lines: string[] = [];
  const fields: object[] = [];
  const keep = (level: string) => (about: object, message: string) => {
    fields.push(about);
    lines.push(`${level} ${message}`);
  };
  const log = { debug: keep("debug"), info: keep("info"), warn: keep("warn"), error: keep("error") };
  return { lines, fields, log };
}

describe("a NATS bus", () => {
  afterEach(async () => {
    await closeAll();
    await server.restart();
  });

  it("starts without its server, and finds it when it comes", async () => {
    await server.kill();
    const [near, far] = [await join("late"), await join("late")];
    const changes: string[] = [];
    const heard: string[] = [];
    near.watchStatus((status) => changes.push(status));
    far.subscribe("rounds", (message) => heard.push(message));
    expect(near.status()).toBe("down");
    near.publish("rounds", "lost");
    await server.restart();
    await until(() => near.status() === "connected" && far.status() === "connected");
    await expectCarries(near, far);
    expect(changes).toEqual(["connected"]);
    expect(heard).toContain("carried");
    expect(heard).not.toContain("lost");
  });

  it("keeps nothing of what is published while its server is away", async () => {
    const bus = await join("away");
    await server.kill();
    await until(() => bus.status() === "down");
    const message = "x".repeat(900_000);
    const keptBytes = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 100; i++) bus.publish("rounds", message);
    expect(process.memoryUsage().arrayBuffers - keptBytes).toBeLessThan(20_000_000);
  });

  it("logs each change once, and no attempt", async () => {
    await server.kill();
    const { lines, log } = keptLog();
    const bus = await join("logged", { log });
    const attempts = () => new Promise<void>((resolve) => void setTimeout(resolve, 1500));
    await attempts();
    await server.restart();
    await until(() => bus.status() === "connected");
    await server.kill();
    await until(() => bus.status() === "down");
    await attempts();
    const levels = lines.map((line) => line.split(" ")[0]);
    expect(levels).toEqual(["warn", "info", "warn"]);
    await bus.close();
    expect(lines).toHaveLength(3);
  });

  it("notices a server that hangs, and uses it again when it does not", async () => {
    const [near, far] = [await join("hung"), await join("hung")];
    await expectCarries(near, far);
    server.pause();
    await until(() => near.status() === "down" && far.status() === "down");
    server.resume();
    await until(() => near.status() === "connected" && far.status() === "connected");
    await expectCarries(near, far);
  }, 30_000);

  it("closes although the server hangs, before anybody notices that it does", async () => {
    const [other, bus] = [await join("hung"), await join("hung")];
    bus.publish("rounds", "never sent");
    server.pause();
    await bus.close();
    expect([bus.status(), other.status()]).toEqual(["down", "connected"]);
    server.resume();
  });

  it("closes before it ever had a server, and seeks it no longer", async () => {
    await server.kill();
    const { lines, log } = keptLog();
    const bus = await join("never", { log });
    await bus.close();
    await server.restart();
    await expectCarries(await join("never"), await join("never"));
    expect(bus.status()).toBe("down");
    expect(lines).toHaveLength(1);
  });

  it("keeps cells apart", async () => {
    const [one, other] = [await join("one"), await join("other")];
    const heard: string[] = [];
    other.subscribe("rounds", (message) => heard.push(message));
    await expectCarries(other, other);
    one.publish("rounds", "for one");
    await expectCarries(one, one);
    await expectCarries(other, other);
    expect(heard).not.toContain("for one");
  });

  it("leaves the others alone when one closes", async () => {
    const [near, far, gone] = [await join("three"), await join("three"), await join("three")];
    await gone.close();
    await expectCarries(near, far);
  });

  it("drops a message that is too large, and says so", async () => {
    const { lines, log } = keptLog();
    const bus = await join("large", { log });
    bus.publish("rounds", "x".repeat(2_000_000));
    await expectCarries(bus, bus);
    expect(lines.filter((line) => line.includes("could not be sent"))).toHaveLength(1);
  });

  it("does not talk in the clear to a server that was to speak TLS", async () => {
    const { lines, log } = keptLog();
    const bus = await join("tls", { url: server.url.replace("nats:", "tls:"), log });
    expect(bus.status()).toBe("down");
    expect(lines).toHaveLength(1);
  });

  it.each([
    { url: "http://127.0.0.1:4222", cell: "test" },
    { url: "nats://127.0.0.1:4222", cell: "a.b" },
  ])("refuses what cannot be right: $url, $cell", async ({ url, cell }) => {
    await expect(join(cell, { url })).rejects.toMatchObject({ name: "Fault", code: "invalid_input" });
  });
});
