import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../shared/adapters/system-clock.js";
import { until } from "../../shared/contracts/until.fixture.js";
import { SimRandom } from "../../shared/sim/sim-random.js";
import { startChild } from "./child.js";
import { FaultyLink } from "./faulty-link.js";
import { within } from "./within.js";

const HOST = "127.0.0.1";
const SOON_MS = 150;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Says back what it is told. */
let echo: Server;
let link: FaultyLink;
const callers: Caller[] = [];

interface Caller {
  readonly socket: Socket;
  readonly heard: () => string;
  /** How it ended: an error's code, or `closed`. */
  readonly ended: () => string | undefined;
}

function call(port = link.address.port): Caller {
  const socket = connect(port, HOST);
  let heard = "";
  let ended: string | undefined;
  socket.on("data", (data) => (heard += String(data)));
  socket.on("error", (error: NodeJS.ErrnoException) => (ended ??= error.code));
  socket.on("close", () => (ended ??= "closed"));
  const caller = { socket, heard: () => heard, ended: () => ended };
  callers.push(caller);
  return caller;
}

async function callAndGreet(): Promise<Caller> {
  const caller = call();
  caller.socket.write("hello ");
  await until(() => caller.heard() === "hello ");
  return caller;
}

beforeEach(async () => {
  echo = createServer((socket) => socket.on("error", () => {}).pipe(socket));
  await new Promise<void>((resolve) => echo.listen(0, HOST, resolve));
  link = await FaultyLink.open({
    clock: systemClock,
    random: new SimRandom("link"),
    at: { host: HOST, port: 0 },
    target: { host: HOST, port: (echo.address() as AddressInfo).port },
  });
});

afterEach(async () => {
  for (const { socket } of callers.splice(0)) socket.destroy();
  await link.close();
  await new Promise((resolve) => echo.close(resolve));
});

describe("a link between two processes", () => {
  it("hands everything on in order, also the end", async () => {
    const caller = call();
    const text = "0123456789".repeat(200_000);
    caller.socket.end(text);
    await until(() => caller.ended() !== undefined);
    expect(caller.ended()).toBe("closed");
    expect(caller.heard()).toBe(text);
    await until(() => link.open === 0);
  });

  it("delays, and keeps the order", async () => {
    const caller = await callAndGreet();
    link.set({ up: { delayMs: { min: 100, max: 200 } } });
    const fromMs = performance.now();
    for (const piece of ["a", "b", "c"]) {
      caller.socket.write(piece);
      await pause(5);
    }
    await until(() => caller.heard() === "hello abc");
    expect(performance.now() - fromMs).toBeGreaterThan(99);
  });

  it.each(["up", "down"] as const)("holds back what goes %s, and delivers it when it is healed", async (way) => {
    const caller = await callAndGreet();
    link.set({ [way]: { holds: true } });
    caller.socket.write("late");
    const newcomer = call();
    newcomer.socket.write("new");
    await pause(SOON_MS);
    expect([caller.heard(), newcomer.heard(), newcomer.ended()]).toEqual(["hello ", "", undefined]);
    await link.heal();
    await until(() => caller.heard() === "hello late" && newcomer.heard() === "new");
  });

  it.each(["up", "down"] as const)("loses what goes %s, and then the connections that lost it", async (way) => {
    const caller = await callAndGreet();
    const silent = await callAndGreet();
    link.set({ [way]: { drops: true } });
    caller.socket.write("lost");
    await pause(SOON_MS);
    expect([caller.heard(), caller.ended()]).toEqual(["hello ", undefined]);
    await link.heal();
    await until(() => caller.ended() !== undefined);
    expect([caller.heard(), caller.ended()]).toEqual(["hello ", "ECONNRESET"]);
    silent.socket.write("all is well");
    await until(() => silent.heard() === "hello all is well");
  });

  it("limits the bandwidth", async () => {
    const caller = await callAndGreet();
    link.set({ down: { bytesPerS: 10_000 } });
    const fromMs = performance.now();
    caller.socket.write("x".repeat(3_000));
    await until(() => caller.heard().length === 3_006);
    expect(performance.now() - fromMs).toBeGreaterThan(200);
  });

  it("resets", async () => {
    const caller = await callAndGreet();
    link.reset();
    await until(() => caller.ended() === "ECONNRESET");
    expect((await callAndGreet()).ended()).toBeUndefined();
  });

  it("refuses, and listens again at the same port", async () => {
    const caller = await callAndGreet();
    link.refuse();
    await until(() => caller.ended() === "ECONNRESET");
    const refused = call();
    await until(() => refused.ended() === "ECONNREFUSED");
    const { port } = link.address;
    await link.heal();
    expect(link.address.port).toBe(port);
    await callAndGreet();
  });

  it("ends connections to a target that is not there", async () => {
    await new Promise((resolve) => echo.close(resolve));
    const caller = call();
    await until(() => caller.ended() !== undefined);
    expect(caller.ended()).toBe("ECONNRESET");
  });

  it("lets its process end, though it was reset in the turn of an end", async () => {
    const script = fileURLToPath(new URL("./reset-after-end.fixture.mjs", import.meta.url));
    const child = await startChild("the program", process.execPath, [script]);
    const how = await within(10_000, child.gone, "it did not end").catch(() => child.kill());
    expect(how).toBe("ended with exit code 0");
  });
});
