import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { request } from "undici";
import { type Child, startChild, whileAlive } from "./child.js";
import type { Cleanup } from "./cleanup.js";
import { freePorts } from "./free-port.js";
import { startNatsServer } from "./nats-server.js";
import { eventually } from "./within.js";

const CLI = fileURLToPath(new URL("../../cli/main.js", import.meta.url));
const HOST = "127.0.0.1";
const READY_MS = 30_000;

/** A master or a proxy, as a process of its own that serves. */
export interface Member {
  /** Of its gateway. */
  readonly url: string;
  readonly child: Child;
}

/** What a proxy has to know of its cell. */
export interface Entrance {
  /** The master's link. */
  readonly masterUrl: string;
  readonly secret: string;
  readonly natsUrl: string;
}

/** A cell of separate processes on loopback, with a real nats-server, thrown away at the end. */
export interface Cell {
  readonly master: Member;
  readonly entrance: Entrance;
  /** One of each user. */
  readonly tokens: readonly string[];
  /** Starts one more proxy, and waits until it serves with the bus connected. */
  startProxy(): Promise<Member>;
  /** Waits for something, but not longer than each process of the cell lives. */
  whileUp<T>(waiting: Promise<T>): Promise<T>;
}

/**
 * Starts nats-server and master; the proxies come later, so that the master can be measured alone.
 * Everything that is started ends with the clean-up. Rejects with a process's last words if it fails.
 */
export async function startCell(cleanup: Cleanup, users: number): Promise<Cell> {
  const directory = await mkdtemp(join(tmpdir(), "octofleet-loadtest-"));
  cleanup.add(() => rm(directory, { recursive: true, force: true }));
  const nats = await startNatsServer(cleanup);
  const tokens = Array.from({ length: users }, () => randomBytes(16).toString("hex"));
  const secret = randomBytes(16).toString("hex");
  const common = { OCTOFLEET_CELL_SECRET: secret, OCTOFLEET_LOG_LEVEL: "warn" };
  const bus = ["--nats", nats.url];
  const [port, linkPort] = await ports();
  const entrance = { masterUrl: `http://${HOST}:${linkPort}`, secret, natsUrl: nats.url };
  const master = await startMember(
    cleanup,
    "master",
    ["master", "--port", `${port}`, "--link-port", `${linkPort}`, "--data", join(directory, "master"), ...bus],
    { ...common, OCTOFLEET_STATIC_TOKENS: tokens.map((token, user) => `user${user}:${token}`).join(",") },
    port,
  );
  const children = [nats.child, master.child];
  let proxies = 0;
  const startProxy = async (): Promise<Member> => {
    proxies += 1;
    const name = `proxy-${proxies}`;
    const proxyPort = await freePorts(1);
    const link = ["--master", entrance.masterUrl];
    const args = ["proxy", "--name", name, "--port", `${proxyPort}`, ...link, "--data", join(directory, name), ...bus];
    const proxy = await startMember(cleanup, name, args, common, proxyPort);
    children.push(proxy.child);
    return proxy;
  };
  const whileUp = <T>(waiting: Promise<T>): Promise<T> =>
    children.reduce((all, child) => whileAlive(child, all), waiting);
  return { master, entrance, tokens, startProxy, whileUp };
}

async function ports(): Promise<[number, number]> {
  const first = await freePorts(2);
  return [first, first + 1];
}

async function startMember(
  cleanup: Cleanup,
  name: string,
  args: readonly string[],
  settings: Readonly<Record<string, string>>,
  port: number,
): Promise<Member> {
  const env = { ...foreignEnvironment(), ...settings };
  const child = await startChild(name, process.execPath, [CLI, ...args], { env });
  cleanup.add(() => child.stop());
  const url = `http://${HOST}:${port}`;
  const ready = eventually(READY_MS, () => serves(url), `${name} did not become ready`);
  await whileAlive(child, ready).catch((error: Error) => {
    throw new Error(error.message.includes(child.tail()) ? error.message : `${error.message}\n${child.tail()}`);
  });
  return { url, child };
}

/** Whether `/readyz` says 200, and that the bus is connected. */
async function serves(url: string): Promise<true | undefined> {
  const answer = await request(`${url}/readyz`).catch(() => undefined);
  const body = await answer?.body.json().catch(() => undefined);
  const connected = (body as { bus?: string } | undefined)?.bus === "connected";
  return answer?.statusCode === 200 && connected ? true : undefined;
}

/** Our environment without the settings of a cell: what is tested is the program, not somebody's shell. */
function foreignEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("OCTOFLEET_")));
}
