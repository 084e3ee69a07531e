import { Registry } from "prom-client";
import { type Master, startMaster } from "../../master/master.js";
import { type StartedProxy, startProxy } from "../../proxy/proxy.js";
import type { CellService, ReadMode, View } from "../../shared/gateway/cell-service.js";
import { silentLog } from "../../shared/ports/log.js";
import type { Answer, Command } from "../../shared/protocol/commands.js";
import type { LockEntry } from "../../shared/protocol/entries.js";
import { Fault } from "../../shared/protocol/errors.js";
import { lockKey, tokenKey } from "../../shared/protocol/keys.js";
import { tokenHash } from "../../shared/protocol/tokens.js";
import { busFaults, SimBus } from "../../shared/sim/sim-bus.js";
import { SimClock } from "../../shared/sim/sim-clock.js";
import { type LinkFaults, linkFaults, simLink } from "../../shared/sim/sim-link.js";
import type { SimProcess } from "../../shared/sim/sim-process.js";
import { SimRandom } from "../../shared/sim/sim-random.js";
import { SimDisk } from "../../shared/sim/sim-store.js";

/** Long enough for whatever the cell promises to do by itself. */
const SETTLE_MS = 30_000;

export interface SimProxy {
  readonly name: string;
  readonly process: SimProcess;
  readonly proxy: StartedProxy;
  readonly linkFaults: LinkFaults;
  /** Calls that reached the master, by name. */
  readonly calls: Map<string, number>;
}

/** What a read through a door shows of a lock. */
export interface LockView {
  readonly value: LockEntry | null;
  readonly revision: number;
  readonly source: View["source"];
  readonly ageMs: number;
}

/**
 * A whole cell in simulated time: the production code of master and proxies, joined by the simulated link
 * and bus, on a simulated disk. Tokens `alice`, `bob` and `carol` stand for the users of those names.
 */
export class SimCell {
  readonly clock = new SimClock();
  readonly random: SimRandom;
  readonly bus: SimBus;
  readonly disk: SimDisk;
  readonly proxies: SimProxy[] = [];
  tokens = ["alice", "bob", "carol"];
  locksPerPrincipal = 100;
  master: Master | undefined;
  masterProcess: SimProcess | undefined;
  #lives = 0;

  private constructor(seed: number | string) {
    this.random = new SimRandom(seed);
    this.bus = new SimBus({
      clock: this.clock,
      random: this.random.fork("bus"),
      faults: busFaults({ delayMs: { min: 1, max: 1 } }),
    });
    this.disk = new SimDisk({ clock: this.clock, random: this.random.fork("disk"), writeMs: 2 });
  }

  /** A cell that serves: the master is ready and every proxy has its lease. */
  static async start({ proxies = 2, seed = 1 }: { proxies?: number; seed?: number | string } = {}): Promise<SimCell> {
    const cell = new SimCell(seed);
    await cell.startMaster();
    for (let i = 1; i <= proxies; i++) cell.addProxy(`p${i}`);
    await cell.allReady();
    return cell;
  }

  async startMaster({ rate = 1 } = {}): Promise<Master> {
    const process = this.clock.process(`master-${++this.#lives}`, { rate });
    const starting = startMaster({
      clock: process,
      random: this.random.fork(`master-${this.#lives}`),
      bus: this.bus.endpoint("master", process),
      store: await this.disk.open(),
      log: silentLog,
      metrics: new Registry(),
      settings: { locksPerPrincipal: this.locksPerPrincipal, tokens: this.configuredTokens() },
    });
    this.master = await this.clock.settle(starting, SETTLE_MS);
    this.masterProcess = process;
    return this.master;
  }

  configuredTokens(): { hash: string; principal: string }[] {
    return this.tokens.map((token) => ({ hash: tokenHash(token), principal: `user:${token}` }));
  }

  /** The master's process dies at this instant. */
  killMaster(): void {
    this.masterProcess?.kill();
    this.disk.crash();
    this.master = undefined;
  }

  addProxy(name: string, { rate = 1, fillKeysPerS = 2_000 } = {}): SimProxy {
    const process = this.clock.process(name, { rate });
    const faults = linkFaults({ delayMs: { min: 0.5, max: 0.5 }, timeoutMs: 2_000 });
    const calls = new Map<string, number>();
    const counted = (): Master["link"] | undefined => {
      const link = this.master?.link;
      return link === undefined ? undefined : countCalls(link, calls);
    };
    const proxy = startProxy({
      clock: process,
      random: this.random.fork(name),
      bus: this.bus.endpoint(name, process),
      link: simLink(counted, { clock: this.clock, random: this.random.fork(`link-${name}`), faults, caller: process }),
      log: silentLog,
      metrics: new Registry(),
      settings: { name, url: `http://${name}`, zone: "", cacheBytes: 1 << 20, fillKeysPerS },
    });
    const simProxy = { name, process, proxy, linkFaults: faults, calls };
    this.proxies.push(simProxy);
    return simProxy;
  }

  proxy(index: number): SimProxy {
    return this.proxies[index] as SimProxy;
  }

  /** The door at the master (`"master"`) or at the proxy of this index. */
  door(at: number | "master"): CellService {
    return at === "master" ? (this.master as Master).service : this.proxy(at).proxy.service;
  }

  allReady(): Promise<void> {
    return this.clock.runUntil(() => {
      const doors = [this.master?.service, ...this.proxies.map(({ proxy }) => proxy.service)];
      return doors.every((door) => door?.readiness().ready === true);
    }, SETTLE_MS);
  }

  /** Lets time pass until the promise settles. */
  settle<T>(promise: Promise<T>): Promise<T> {
    return this.clock.settle(promise, SETTLE_MS);
  }

  execute(at: number | "master", token: string, command: Command, operationId?: string): Promise<Answer> {
    const write = { command, tokenHash: tokenHash(token) };
    return this.door(at).execute(operationId === undefined ? write : { ...write, operationId });
  }

  acquire(
    at: number | "master",
    token: string,
    name: string,
    {
      ttlMs = 3_600_000,
      metadata = null as string | null,
      operationId = undefined as string | undefined,
      lockDelayMs = 0,
    } = {},
  ): Promise<Answer> {
    return this.execute(at, token, { kind: "acquire", name, ttlMs, metadata, lockDelayMs }, operationId);
  }

  /** A read as the gateway makes it: token and lock of one instant. */
  async read(
    at: number | "master",
    name: string,
    { token = "alice", ...mode }: ReadMode & { token?: string } = {},
  ): Promise<LockView> {
    const keys = [tokenKey(tokenHash(token)), lockKey(name)];
    const door = this.door(at);
    const isPlain = mode.bypass === undefined && mode.maxStaleMs === undefined;
    const view = (isPlain ? door.readCached(keys) : undefined) ?? (await door.read(keys, mode));
    const [tokenEntry, lockEntry] = view.entries;
    if (tokenEntry?.value == null) throw new Fault("authentication_failed", "Authentication failed");
    return {
      value: (lockEntry?.value ?? null) as LockEntry | null,
      revision: lockEntry?.revision ?? -1,
      source: view.source,
      ageMs: view.ageMs,
    };
  }

  /** Reads, letting time pass. */
  readNow(at: number | "master", name: string, options: ReadMode & { token?: string } = {}): Promise<LockView> {
    return this.settle(this.read(at, name, options));
  }

  /** Takes a lock and gives its lease, letting time pass. */
  async take(
    at: number | "master",
    token: string,
    name: string,
    options: { ttlMs?: number; metadata?: string; lockDelayMs?: number } = {},
  ): Promise<Answer & { status: "acquired" }> {
    const answer = await this.settle(this.acquire(at, token, name, options));
    if (answer.status !== "acquired") throw new Error(`${token} did not get ${name}: ${JSON.stringify(answer)}`);
    return answer;
  }
}

function countCalls(link: Master["link"], calls: Map<string, number>): Master["link"] {
  const count = (name: string): void => void calls.set(name, (calls.get(name) ?? 0) + 1);
  return {
    register: (request) => (count("register"), link.register(request)),
    renew: (request) => (count("renew"), link.renew(request)),
    fill: (request) => (count("fill"), link.fill(request)),
    execute: (request) => (count("execute"), link.execute(request)),
    events: (request) => (count("events"), link.events(request)),
  };
}
