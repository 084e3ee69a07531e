import { Registry } from "prom-client";
import { ScriptedMaster } from "../shared/contracts/scripted-master.fixture.js";
import type { Voice } from "../shared/gateway/session-host.js";
import { silentLog } from "../shared/ports/log.js";
import type { EventMessage, RoundMessage } from "../shared/protocol/bus.js";
import { Fault } from "../shared/protocol/errors.js";
import type { Commit } from "../shared/protocol/link.js";
import type { LinkCallName, LinkRequest } from "../shared/protocol/link-wire.js";
import { ACQUIRED, ALICE, acquire } from "../shared/sessions/sessions.fixture.js";
import { busFaults, SimBus } from "../shared/sim/sim-bus.js";
import { SimClock } from "../shared/sim/sim-clock.js";
import { linkFaults, simLink } from "../shared/sim/sim-link.js";
import { SimRandom } from "../shared/sim/sim-random.js";
import { startProxy } from "./proxy.js";

/** A proxy under a master that the test plays: it grants leases, and whatever else the script says. */
export class ProxyFixture {
  readonly world = new SimClock();
  readonly machine = this.world.process("proxy");
  readonly master = new ScriptedMaster();
  readonly linkFaults = linkFaults();
  readonly bus = new SimBus({ clock: this.world, random: new SimRandom(2), faults: busFaults() });
  readonly masterBus = this.bus.endpoint("master");
  readonly metrics = new Registry();
  epoch = 1;
  revision = 10;
  registrations = 0;
  readonly proxy = startProxy({
    clock: this.machine,
    random: new SimRandom(3),
    bus: this.bus.endpoint("proxy"),
    link: simLink(this.master, {
      clock: this.world,
      random: new SimRandom(4),
      faults: this.linkFaults,
      caller: this.machine,
    }),
    log: silentLog,
    metrics: this.metrics,
    settings: { name: "p", url: "http://p", zone: "z", cacheBytes: 1_000_000, fillKeysPerS: 1_000 },
  });

  constructor() {
    this.master.script.register = () => {
      this.registrations += 1;
      const { epoch, revision } = this;
      return { proxyId: `${epoch}-${this.registrations}`, epoch, leaseMs: 3_000, revision, round: 0, gone: [] };
    };
    this.master.script.renew = (request) => {
      if (request.epoch !== this.epoch) throw new Fault("epoch_changed", "Another one.");
      return { leaseMs: 3_000, revision: this.revision, round: 0, owed: [], gone: [], wants: "digest" };
    };
  }

  get sessions() {
    return this.proxy.service.sessions;
  }

  get feed() {
    return this.proxy.service.feed;
  }

  /** Lets the proxy register. */
  async started(): Promise<this> {
    await this.world.runUntil(() => this.proxy.service.readiness().ready, 5_000);
    return this;
  }

  /** A voice whose news go to `told`. */
  voice(told: string[] = []): Voice {
    return this.sessions.newVoice({
      onGrant: ({ operationId }) => told.push(`granted ${operationId}`),
      onGone: (_sessionId, why) => told.push(why),
    });
  }

  /** From now on each write is answered acquired, the sessions attached under rising numbers. */
  attachAll(): void {
    let attachment = 100;
    this.master.script.execute = ({ writes }) => {
      const results = writes.map(({ session }) => {
        const number = session === undefined ? null : (session.attachment ?? ++attachment);
        return { status: "decided" as const, answer: ACQUIRED, attachment: number };
      });
      return { results, revision: this.revision };
    };
  }

  /** Opens sessions and anchors them. */
  async anchored(count: number, voice: Voice): Promise<string[]> {
    const ids = Array.from({ length: count }, () => this.sessions.open(ALICE, undefined, voice).sessionId);
    const acquired = ids.map((sessionId) => this.sessions.execute(ALICE, { sessionId, ...acquire(sessionId) }));
    await this.world.settle(Promise.all(acquired), 20_000);
    return ids;
  }

  /** What the master was asked, of one kind. */
  asked<C extends LinkCallName>(call: C): LinkRequest<C>[] {
    return this.master.asked.filter((one) => one.call === call).map(({ request }) => request as LinkRequest<C>);
  }

  publish(previous: number, ...commits: Commit[]): void {
    const message: EventMessage = { epoch: this.epoch, previous, commits, refreshes: [] };
    this.masterBus.publish("events", JSON.stringify(message));
  }

  publishRound(round: number, keys: string[], revision = Number.MAX_SAFE_INTEGER): void {
    const proxies = [`${this.epoch}-${this.registrations}`];
    const message: RoundMessage = { epoch: this.epoch, round, previous: round - 1, revision, keys, proxies };
    this.masterBus.publish("rounds", JSON.stringify(message));
  }

  metric(name: string): Promise<number> {
    return this.metrics.getSingleMetricAsString(name).then((text) => Number(text.trim().split(" ").at(-1)));
  }
}

export const commit = (revision: number): Commit => ({ revision, changes: [] });
