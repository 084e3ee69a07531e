import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Child, whileAlive } from "./child.js";
import type { Cleanup } from "./cleanup.js";
import { freePorts } from "./free-port.js";
import { type Member, type MemberSpec, startMember } from "./member.js";
import { startNatsServer } from "./nats-server.js";

const HOST = "127.0.0.1";

/** What a proxy has to know of its cell. */
export interface Entrance {
  /** The master's link. */
  readonly masterUrl: string;
  readonly secret: string;
  readonly natsUrl: string;
}

/** A cell of separate processes on loopback, with a real nats-server, thrown away at the end. */
export interface Cell {
  readonly nats: Child;
  readonly master: Member;
  /** Starts the master again, once it is dead. */
  readonly masterSpec: MemberSpec;
  /** Where its journal is. */
  readonly masterData: string;
  readonly entrance: Entrance;
  /** One of each user, whose principal is `user` and its number. */
  readonly tokens: readonly string[];
  /** Starts one more proxy, and waits until it serves with the bus connected. */
  startProxy(): Promise<Member>;
  /** Waits for something, but not longer than each process of the cell lives. */
  whileUp<T>(waiting: Promise<T>): Promise<T>;
}

/** Further flags of `octofleet`, and environment. */
export interface CellFlags {
  readonly master?: readonly string[];
  readonly masterSettings?: Readonly<Record<string, string>>;
  readonly proxy?: readonly string[];
  readonly proxySettings?: Readonly<Record<string, string>>;
  /** The program of another tree; else that of this one. */
  readonly cli?: string;
}

/**
 * Starts nats-server and master; the proxies come later, so that the master can be measured alone.
 * Everything that is started ends with the clean-up. Rejects with a process's last words if it fails.
 */
export async function startCell(cleanup: Cleanup, users: number, flags: CellFlags = {}): Promise<Cell> {
  const directory = await mkdtemp(join(tmpdir(), "octofleet-loadtest-"));
  cleanup.add(() => rm(directory, { recursive: true, force: true }));
  const nats = await startNatsServer(cleanup);
  const tokens = Array.from({ length: users }, () => randomBytes(16).toString("hex"));
  const secret = randomBytes(16).toString("hex");
  const common = { OCTOFLEET_CELL_SECRET: secret, OCTOFLEET_LOG_LEVEL: "warn" };
  const bus = ["--nats", nats.url];
  const [port, linkPort] = await ports();
  const entrance = { masterUrl: `http://${HOST}:${linkPort}`, secret, natsUrl: nats.url };
  const masterData = join(directory, "master");
  const data = ["--data", masterData];
  const program = flags.cli === undefined ? {} : { cli: flags.cli };
  const masterSpec = {
    name: "master",
    args: ["master", "--port", `${port}`, "--link-port", `${linkPort}`, ...data, ...bus, ...(flags.master ?? [])],
    settings: { ...common, ...flags.masterSettings, OCTOFLEET_STATIC_TOKENS: tokensOf(tokens) },
    url: `http://${HOST}:${port}`,
    ...program,
  };
  const master = await startMember(cleanup, masterSpec);
  const children = [nats.child, master.child];
  let proxies = 0;
  const startProxy = async (): Promise<Member> => {
    proxies += 1;
    const name = `proxy-${proxies}`;
    const proxyPort = await freePorts(1);
    const link = ["--master", entrance.masterUrl];
    const own = ["--port", `${proxyPort}`, "--data", join(directory, name)];
    const args = ["proxy", "--name", name, ...own, ...link, ...bus, ...(flags.proxy ?? [])];
    const url = `http://${HOST}:${proxyPort}`;
    const settings = { ...common, ...flags.proxySettings };
    const proxy = await startMember(cleanup, { name, args, settings, url, ...program });
    children.push(proxy.child);
    return proxy;
  };
  const whileUp = <T>(waiting: Promise<T>): Promise<T> =>
    children.reduce((all, child) => whileAlive(child, all), waiting);
  return { nats: nats.child, master, masterSpec, masterData, entrance, tokens, startProxy, whileUp };
}

const tokensOf = (tokens: readonly string[]): string => tokens.map((token, user) => `user${user}:${token}`).join(",");

async function ports(): Promise<[number, number]> {
  const first = await freePorts(2);
  return [first, first + 1];
}
