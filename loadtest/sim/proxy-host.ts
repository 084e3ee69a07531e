import { Registry } from "prom-client";
import { type StartedProxy, startProxy } from "../../proxy/proxy.js";
import type { Bus } from "../../shared/ports/bus.js";
import type { MasterLink } from "../../shared/ports/link.js";
import { silentLog } from "../../shared/ports/log.js";
import type { EventsReply, RenewRequest } from "../../shared/protocol/link.js";
import type { SimBus } from "../../shared/sim/sim-bus.js";
import type { SimClock } from "../../shared/sim/sim-clock.js";
import { type LinkFaults, linkFaults, simLink } from "../../shared/sim/sim-link.js";
import type { SimRandom } from "../../shared/sim/sim-random.js";
import type { Records } from "../check/records.js";
import type { Renewal } from "../check/session-evidence.js";
import type { Door, Host } from "./host.js";
import { Life } from "./life.js";
import { CALLS, type CallName, type ProxyPlan } from "./plan.js";
import { SessionGate } from "./sockets/session-gate.js";
import type { SocketHost, Sockets } from "./sockets/sockets.js";

const CACHE_BYTES = 1 << 20;
const LINK_TIMEOUT_MS = 2_000;

export interface ProxyHostParts {
  readonly clock: SimClock;
  readonly random: SimRandom;
  readonly bus: SimBus;
  readonly plan: ProxyPlan;
  readonly master: () => MasterLink | undefined;
  readonly records: Records;
  readonly onJoined: (name: string) => void;
  readonly sockets: Sockets;
  readonly drainMs: number;
  readonly byteWeight: number;
}

/** The machine of a proxy: nothing of a process outlives it. */
export class ProxyHost implements Host, SocketHost {
  readonly name: string;
  /** What goes wrong on the way to the master, call by call. */
  readonly faults: Readonly<Record<CallName, LinkFaults>>;
  readonly #parts: ProxyHostParts;
  #lives = 0;
  #life: Life | undefined;
  #bus: Bus | undefined;
  #proxy: StartedProxy | undefined;
  #gate: SessionGate | undefined;
  /** When the last renewal was sent that was answered. */
  #leaseRanMs = 0;

  constructor(parts: ProxyHostParts) {
    this.#parts = parts;
    this.name = parts.plan.name;
    const faults = CALLS.map((call) => [call, linkFaults({ timeoutMs: LINK_TIMEOUT_MS })] as const);
    this.faults = Object.fromEntries(faults) as Record<CallName, LinkFaults>;
  }

  door(): Door | undefined {
    if (this.#life === undefined || this.#proxy === undefined) return undefined;
    return { life: this.#life, service: this.#proxy.service };
  }

  gate(): ReturnType<SocketHost["gate"]> {
    return this.#life === undefined || this.#gate === undefined ? undefined : { life: this.#life, gate: this.#gate };
  }

  get isOnBus(): boolean {
    return this.#bus !== undefined;
  }

  start(): void {
    if (this.#life !== undefined) return;
    const { clock, random, bus, plan, records, onJoined } = this.#parts;
    const name = `${plan.name}-${++this.#lives}`;
    const life = new Life(clock.process(name, { rate: plan.rate }));
    this.#life = life;
    this.#bus = bus.endpoint(plan.name, life.clock);
    onJoined(plan.name);
    records.tell(plan.name, () => `starts (life ${this.#lives})`);
    this.#proxy = startProxy({
      clock: life.clock,
      random: random.fork(name),
      bus: this.#telling(this.#bus),
      link: this.#linkOf(life),
      log: silentLog,
      metrics: new Registry(),
      settings: {
        ...{ name: plan.name, url: `http://${plan.name}`, zone: "" },
        ...{ cacheBytes: CACHE_BYTES, fillKeysPerS: plan.fillKeysPerS },
        ...(plan.endsReportedMax === undefined ? {} : { endsReportedMax: plan.endsReportedMax }),
      },
    });
    this.#gate = new SessionGate({ service: this.#proxy.service, life, ...this.#parts });
    this.#parts.sockets.gatewayIsBack(plan.name, life);
  }

  /** The bus, with what is sent on it told. */
  #telling(bus: Bus): Bus {
    const { records, plan } = this.#parts;
    return {
      publish: (subject, message) => {
        records.tell(plan.name, () => `sends on the bus, ${subject}: ${message}`);
        bus.publish(subject, message);
      },
      subscribe: (subject, onMessage) => bus.subscribe(subject, onMessage),
      status: () => bus.status(),
      watchStatus: (onStatus) => bus.watchStatus(onStatus),
      close: () => bus.close(),
    };
  }

  #linkOf(life: Life): MasterLink {
    const { clock, random, master, records, plan } = this.#parts;
    const way = { clock, random: random.fork(`link-${life.clock.name}`), caller: life.clock };
    const link = (call: CallName): MasterLink => simLink(master, { ...way, faults: this.faults[call] });
    const [register, renew, fill, execute, events] = CALLS.map(link) as [
      MasterLink,
      MasterLink,
      MasterLink,
      MasterLink,
      MasterLink,
    ];
    const number = this.#lives;
    return {
      register: (request) => register.register(request),
      renew: (request) => {
        const atMs = clock.monotonicMs();
        records.ofSessions.renewals.push({ proxy: plan.name, atMs, ...measured(request) });
        const renewed = renew.renew(request);
        const note = (): void => {
          this.#leaseRanMs = atMs;
        };
        renewed.then(note, () => {});
        return renewed;
      },
      fill: (request) => {
        records.fills.push({ proxy: plan.name, life: number, keys: request.keys.length, atMs: clock.monotonicMs() });
        return fill.fill(request);
      },
      execute: (request) => execute.execute(request),
      events: (request) => {
        const asked = events.events(request);
        const note = ({ status }: EventsReply): void => {
          if (status === "compacted") records.inVain.push({ proxy: plan.name, atMs: clock.monotonicMs() });
        };
        asked.then(note, () => {});
        return asked;
      },
    };
  }

  pause(forMs: number): void {
    const life = this.#life;
    life?.pause();
    this.#parts.clock.after(forMs, () => life?.resume());
  }

  suspend(forMs: number): void {
    const life = this.#life;
    life?.suspend();
    this.#parts.clock.after(forMs, () => life?.resume());
  }

  crash(downMs: number, machine: boolean): void {
    if (this.#life !== undefined) this.#end(this.#life, machine);
    this.#parts.clock.after(downMs, () => this.start());
  }

  stop(downMs: number): void {
    const [life, proxy, gate] = [this.#life, this.#proxy, this.#gate];
    if (life === undefined || proxy === undefined || gate === undefined || gate.isClosing) return;
    const { drainMs } = this.#parts;
    void life
      .call(async () => {
        await gate.close(this.name, drainMs);
        // Its gateway stops first: nobody is answered any more.
        this.#proxy = undefined;
        await proxy.stop();
      })
      .then(() => {
        if (life !== this.#life) return;
        this.#end(life, false);
        this.#parts.clock.after(downMs, () => this.start());
      });
  }

  stepWall(byMs: number): void {
    this.#life?.clock.stepWall(byMs);
  }

  heal(): void {
    this.#life?.resume();
    this.start();
  }

  #end(life: Life, isSilent: boolean): void {
    life.end();
    const { records, clock } = this.#parts;
    const ended = { life: life.clock.name, atMs: clock.monotonicMs(), leaseRanMs: this.#leaseRanMs };
    records.ofSessions.lifeEnds.push(ended);
    this.#parts.sockets.gatewayGone(life, isSilent);
    void this.#bus?.close();
    this.#bus = undefined;
    this.#life = undefined;
    this.#proxy = undefined;
    this.#gate = undefined;
  }
}

/** What a renewal costs, and whether there was a reason for it to cost more than others. */
function measured(request: RenewRequest): Pick<Renewal, "bytes" | "sessions" | "isPlain"> {
  const { acks, ended, leaving, sessions } = request;
  const isPlain = acks.length === 0 && ended.length === 0 && !leaving && !sessions.buckets && !sessions.lists;
  return { bytes: JSON.stringify(request).length, sessions: sessions.count, isPlain };
}
