import { connect } from "node:net";
import { type Child, startChild, whileAlive } from "./child.js";
import type { Cleanup } from "./cleanup.js";
import { freePorts } from "./free-port.js";
import { eventually } from "./within.js";

const READY_MS = 10_000;
/** Seen from `dist/`: the finder runs before anything is built, so it is no TypeScript. */
const FINDER = new URL("../../../deploy/setup/nats-server.mjs", import.meta.url).href;

const HOST = "127.0.0.1";

export interface NatsServer {
  readonly url: string;
  readonly child: Child;
}

/** Starts a nats-server on loopback, without persistence: the bus is only fast. */
export async function startNatsServer(cleanup: Cleanup): Promise<NatsServer> {
  const port = await freePorts(1);
  const child = await launchNatsServer(port);
  cleanup.add(() => child.stop());
  await whileAlive(
    child,
    eventually(READY_MS, () => greets(port), "nats-server did not answer"),
  );
  return { url: `nats://${HOST}:${port}`, child };
}

/** Starts the process, and does not wait for it to serve. */
export async function launchNatsServer(port: number): Promise<Child> {
  const { findNatsServer } = (await import(FINDER)) as { findNatsServer: () => Promise<string> };
  return startChild("nats-server", await findNatsServer(), ["--addr", HOST, "--port", `${port}`]);
}

/** A NATS server speaks first. */
export function greets(port: number): Promise<true | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, HOST);
    const settle = (answer: true | undefined): void => {
      resolve(answer);
      socket.destroy();
    };
    socket.once("data", () => settle(true));
    socket.once("error", () => settle(undefined));
  });
}
