import type { Entry } from "../../shared/protocol/entries.js";
import { lockKey, sessionKey } from "../../shared/protocol/keys.js";
import { LIMITS } from "../../shared/protocol/limits.js";
import { holderIdOf } from "../../shared/protocol/tokens.js";
import { busFaults, SimBus } from "../../shared/sim/sim-bus.js";
import { SimClock } from "../../shared/sim/sim-clock.js";
import { SimRandom } from "../../shared/sim/sim-random.js";
import { SimDisk } from "../../shared/sim/sim-store.js";
import { Records } from "../check/records.js";
import { isAnswerOut } from "../check/session-evidence.js";
import { Client } from "../clients/client.js";
import { ClientNetwork } from "./client-network.js";
import type { Host } from "./host.js";
import { MasterHost, type MasterHostParts } from "./master-host.js";
import { Operator } from "./operator.js";
import { CALLS, type Plan } from "./plan.js";
import { ProxyHost } from "./proxy-host.js";
import type { App } from "./sessions/app.js";
import { HttpSessionClient } from "./sessions/http-session-client.js";
import { SessionClient } from "./sessions/session-client.js";
import { SimDoors } from "./sim-doors.js";
import { Sockets } from "./sockets/sockets.js";
import { Trouble } from "./trouble.js";

const DISK_WRITE_MS = 2;
const LOOK_EVERY_MS = 10;
const SAFE_WITHIN_MS = 30_000;
const WATCHERS_TOLD_MS = 6_000;
const TIDY_WITHIN_MS = 5_000;
/** What the end of a dead client's session may take beside lease and grace. */
const DEAD_BESIDE_MS = 3_000;
/** That an answer by which a gateway got a session was lost, the master finds out from its digests after this time. */
const ANSWER_LOST_MS = 36_000;
/** By then everything that was asked must be answered, once nothing goes wrong any more. */
export const CONVERGES_WITHIN_MS = 20_000;

/**
 * A whole cell in simulated time: the production code of master and proxies on simulated machines, with
 * clients, an operator, and everything that goes wrong, all decided by the plan.
 */
export class World {
  readonly records: Records;
  readonly clock = new SimClock();
  readonly bus: SimBus;
  readonly disk: SimDisk;
  readonly master: MasterHost;
  readonly proxies: readonly ProxyHost[];
  readonly hosts: readonly Host[];
  readonly #plan: Plan;
  readonly #clients: ReadonlyMap<string, Client>;
  readonly #sessionClients: readonly SessionClient[];
  readonly #httpClients: readonly (readonly [string, HttpSessionClient])[];
  readonly #operator: Operator;
  readonly trouble: Trouble;
  readonly #users: readonly string[];

  constructor(plan: Plan, { tracing = false }: { tracing?: boolean } = {}) {
    this.#plan = plan;
    const { clock } = this;
    const random = new SimRandom(plan.seed);
    const records = new Records(clock, tracing);
    this.records = records;
    this.bus = new SimBus({ clock, random: random.fork("bus"), faults: busFaults() });
    const { diskWriteMs = DISK_WRITE_MS } = plan;
    const disk = new SimDisk({ clock, random: random.fork("disk"), writeMs: diskWriteMs });
    const network = new ClientNetwork({ clock, random: random.fork("clients"), noise: plan.noise.client });
    const sockets = new Sockets({ clock, random: random.fork("sockets"), hosts: () => [this.master, ...this.proxies] });
    this.disk = disk;
    this.trouble = new Trouble({
      ...{
        clock,
        records,
        disk,
        network,
        sockets,
        bus: this.bus,
        master: { restore: (downMs) => this.master.restore(downMs) },
      },
      ...{ hosts: () => [...this.hosts, ...this.#sessionClients], proxies: () => this.proxies },
    });
    const onJoined = (name: string): void => this.trouble.joined(name);
    const { drainMs, byteWeight } = plan;
    const common = { clock, random, bus: this.bus, records, onJoined, sockets, drainMs, byteWeight };
    const master = new MasterHost({ ...common, disk, settings: settingsOf(plan), rate: plan.masterRate });
    this.master = master;
    this.proxies = plan.proxies.map((proxy) => new ProxyHost({ ...common, plan: proxy, master: () => master.link() }));
    this.hosts = [master, ...this.proxies];
    const { hosts } = this;
    this.#clients = new Map(
      plan.clients.map((client) => {
        const { name, user, rate } = client;
        const doors = new SimDoors({ network, hosts, records, process: clock.process(name, { rate }) });
        return [name, new Client({ clock, random: random.fork(name), doors, records, name, user })] as const;
      }),
    );
    this.#sessionClients = plan.sessionClients.map(
      (client) => new SessionClient({ clock, random, network, sockets, hosts, records, plan: client }),
    );
    this.#httpClients = plan.httpClients.map((client) => {
      const http = new HttpSessionClient({ clock, network, hosts, records, plan: client });
      return [client.name, http] as const;
    });
    this.#users = [...new Set([...plan.clients, ...plan.sessionClients, ...plan.httpClients].map(({ user }) => user))];
    this.#operator = new Operator({ clock, master, records, users: this.#users });
  }

  /** Plays the plan to its end. What came of it is in `records`. */
  async play(): Promise<void> {
    const { clock } = this;
    this.#operator.begin();
    for (const host of this.hosts) host.start();
    await clock.runFor(0);
    this.trouble.setNoise(this.#plan.noise);
    for (const fault of this.#plan.faults) clock.after(fault.atMs, () => this.trouble.strike(fault));
    const work = this.#startWork();
    this.#lookAtLocks();
    await clock.runFor(this.#plan.faultsForMs);
    this.records.tell("world", () => "is healed");
    this.trouble.heal();
    await this.#converge(work);
  }

  /** What went wrong, by kind, and how often. */
  faultCounts(): Record<string, number> {
    const counts: Record<string, number> = { ...Object.fromEntries(this.trouble.counts) };
    const add = (kind: string, count: number): void => {
      if (count > 0) counts[kind] = (counts[kind] ?? 0) + count;
    };
    for (const [kind, count] of Object.entries(this.bus.counts)) add(`bus message ${kind}`, count);
    for (const { faults } of this.proxies) {
      for (const call of CALLS)
        for (const [kind, count] of Object.entries(faults[call].counts)) add(`link call ${kind}`, count);
    }
    return counts;
  }

  /** Whoever has a lock asks all the time whether it is still held. */
  #lookAtLocks(): void {
    this.records.ofSessions.look();
    this.clock.after(LOOK_EVERY_MS, () => this.#lookAtLocks());
  }

  #startWork(): Promise<unknown> {
    for (const client of this.#sessionClients) {
      client.run(this.#plan.sessionSteps.filter(({ by }) => by === client.name));
    }
    const of = (name: string) => this.#plan.steps.filter(({ by }) => by === name);
    const clients = [...this.#clients].map(([name, client]) => client.run(of(name)));
    const https = this.#httpClients.map(([name, client]) =>
      client.run(this.#plan.httpSteps.filter(({ by }) => by === name)),
    );
    return Promise.all([...clients, ...https, this.#operator.run(of("operator"))]);
  }

  async #converge(work: Promise<unknown>): Promise<void> {
    const endMs = this.clock.monotonicMs() + CONVERGES_WITHIN_MS;
    await this.#within(endMs, "every command, read and change of tokens to be answered", work);
    await this.#within(endMs, "every token to be put back in force", this.#operator.grantAll(this.#users));
    await this.#within(endMs, "every door to be ready", this.#allReady());
    await this.#within(endMs, "a last look at every lock at every door", this.#lookEverywhere());
    await this.#settleSessions();
  }

  /** Whoever lives is safe again, whoever is dead is gone, and whoever watches has had the time to be told. */
  async #settleSessions(): Promise<void> {
    if (this.records.ofSessions.sessions.length === 0 && this.#sessionClients.length === 0) return;
    const { clock } = this;
    const nowMs = clock.monotonicMs();
    await this.#within(nowMs + SAFE_WITHIN_MS, "every session that is open to be safe", this.#allSafe());
    await this.#within(nowMs + SAFE_WITHIN_MS, "every grant to be told to who waits for it", this.#allGrantsTold());
    this.#lookForTheLost();
    for (const session of this.records.ofSessions.sessions) {
      const { sessionId, client, leaseMs, diedMs, toldOverMs } = session;
      if (diedMs >= nowMs && toldOverMs >= nowMs) continue;
      const besideMs = DEAD_BESIDE_MS + (isAnswerOut(session) ? ANSWER_LOST_MS : 0);
      const goneMs = (LIMITS.proxyLeaseMs + leaseMs + this.#plan.graceMs) / LIMITS.driftFactor + besideMs;
      await this.#within(nowMs + goneMs, `the session ${sessionId} of ${client} to end`, this.#ended(sessionId));
    }
    await clock.runFor(WATCHERS_TOLD_MS);
    const tidyMs = clock.monotonicMs() + TIDY_WITHIN_MS;
    await this.#within(tidyMs, "every watch at a gateway to be somebody's", this.#noWatchAstray());
  }

  /** What nobody follows is not open anywhere. */
  async #noWatchAstray(): Promise<void> {
    const sum = (counts: readonly number[]): number => counts.reduce((one, other) => one + other, 0);
    const open = (): number => sum([this.master, ...this.proxies].map((host) => host.gate()?.gate.watches ?? 0));
    const followed = (): number => sum(this.#sessionClients.map(({ watchesMax }) => watchesMax));
    while (open() > followed()) await this.#pause(100);
  }

  async #allSafe(): Promise<void> {
    const isSettled = ({ app }: SessionClient): boolean => app === undefined || app.session?.state !== "jeopardy";
    while (!this.#sessionClients.every(isSettled)) await this.#pause(100);
  }

  /** S7: nobody waits for a lock that its session has been granted. */
  async #allGrantsTold(): Promise<void> {
    for (const { app } of this.#sessionClients) {
      for (const name of app?.wishes ?? []) while (await this.#isGrantedTo(name, app)) await this.#pause(200);
    }
  }

  async #isGrantedTo(name: string, app: App | undefined): Promise<boolean> {
    const lock = await this.#atMaster(lockKey(name));
    const { session, wishes = [] } = app ?? {};
    if (lock?.kind !== "lock" || session === undefined || !wishes.includes(name)) return false;
    return lock.holderId === holderIdOf(`session/${session.id}`);
  }

  /** P6, where the plan leaves everybody the time to reach another gateway. */
  #lookForTheLost(): void {
    const mustLive = this.#sessionClients.filter(({ name }) => this.#plan.outlive?.includes(name));
    for (const { name, app } of mustLive) {
      if (app?.session?.state === "safe") continue;
      this.records.mishap("P6 sessions outlive proxies", `${name} had the time to go elsewhere, and lost its session`);
    }
  }

  async #ended(sessionId: string): Promise<void> {
    while ((await this.#atMaster(sessionKey(sessionId))) != null) await this.#pause(200);
  }

  async #atMaster(key: string): Promise<Entry["value"] | undefined> {
    const view = await this.master.door()?.service.read([key], {});
    return view?.entries[0]?.value;
  }

  #pause(forMs: number): Promise<void> {
    return new Promise((resolve) => void this.clock.after(forMs, resolve));
  }

  async #within(endMs: number, what: string, work: Promise<unknown>): Promise<void> {
    if (this.records.mishaps.some(({ who }) => who === "convergence")) return;
    try {
      await this.clock.settle(work, Math.max(1, endMs - this.clock.monotonicMs()));
    } catch (error) {
      this.records.mishap("convergence", `waited in vain for ${what}: ${(error as Error).message}`);
    }
  }

  async #allReady(): Promise<void> {
    while (!this.hosts.every((host) => host.door()?.service.readiness().ready === true)) {
      await new Promise<void>((resolve) => this.clock.after(10, resolve));
    }
  }

  async #lookEverywhere(): Promise<void> {
    const { locks } = this.#plan;
    const lookers = [...this.#clients.values()];
    await Promise.all(
      this.hosts.map(async (host, index) => {
        const client = lookers[index % lookers.length] as Client;
        for (const lock of locks) await client.readUntilAnswered({ kind: "read", lock, door: host.name });
      }),
    );
  }
}

function settingsOf({ graceMs, operationsPerPrincipal, commitsKept }: Plan): MasterHostParts["settings"] {
  return {
    graceMs,
    ...(operationsPerPrincipal === undefined ? {} : { operationsPerPrincipal }),
    ...(commitsKept === undefined ? {} : { commitsKept }),
  };
}
