import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../shared/adapters/system-clock.js";
import { until } from "../../shared/contracts/until.fixture.js";
import { SimRandom } from "../../shared/sim/sim-random.js";
import { startChild } from "./child.js";
import { Cleanup } from "./cleanup.js";
import { FaultyLink } from "./faulty-link.js";
import { makeNamespace, type Namespace, type Way } from "./namespace.js";
import { eventually } from "./within.js";

const PORT = 7_000;
const SERVER = `require("net").createServer((socket) => socket.end("hello")).listen(${PORT}, process.argv[1])`;
const SOON_MS = 300;

let cleanup: Cleanup;
let network: Namespace | undefined;
let why = "";
beforeEach(async () => {
  cleanup = new Cleanup();
  network = await makeNamespace(cleanup).catch((error: Error) => {
    why = error.message;
    return undefined;
  });
});
afterEach(() => cleanup.run());

/** What a server inside says; undefined if it is silent. */
function ask({ inside }: Namespace): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect(PORT, inside);
    const settle = (answer: string | undefined): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(SOON_MS, () => settle(undefined));
    socket.once("error", () => settle(undefined));
    socket.once("data", (data) => settle(String(data)));
  });
}

describe("a network of its own", () => {
  it("can be cut off, either way, and mended", async ({ skip }) => {
    if (network === undefined) return skip(`this machine has none: ${why}`);
    const own = network;
    const [command, ...rest] = [...own.through, process.execPath, "-e", SERVER, own.inside];
    const server = await startChild("server", command as string, rest);
    cleanup.add(() => server.kill());
    await eventually(10_000, () => ask(own), "the server inside did not answer");
    for (const way of ["in", "out", "both"] satisfies Way[]) {
      await own.cut(way);
      expect([way, await ask(own)]).toEqual([way, undefined]);
      await own.mend();
      expect([way, await ask(own)]).toEqual([way, "hello"]);
    }
  });

  it("does not keep a link that is reset while it seeks who is cut off", async ({ skip }) => {
    if (network === undefined) return skip(`this machine has none: ${why}`);
    await network.cut("both");
    const target = { host: network.inside, port: PORT };
    const random = new SimRandom("link");
    const link = await FaultyLink.open({ clock: systemClock, random, at: { host: "127.0.0.1", port: 0 }, target });
    cleanup.add(() => link.close());
    const { host, port } = link.address;
    const caller = connect(port, host).on("error", () => {});
    await until(() => link.open === 1);
    link.reset();
    await until(() => link.open === 0);
    caller.destroy();
  });

  it("is gone with its cable when it is over", async ({ skip }) => {
    if (network === undefined) return skip(`this machine has none: ${why}`);
    const { outside } = network;
    await cleanup.run();
    const { networkInterfaces } = await import("node:os");
    const isGone = async () => {
      const all = Object.values(networkInterfaces()).flat();
      return all.some((one) => one?.address === outside) ? undefined : true;
    };
    await eventually(10_000, isGone, "the cable is still there");
  });
});
