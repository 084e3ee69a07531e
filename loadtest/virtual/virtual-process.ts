import { connectNatsBus } from "../../shared/adapters/nats-bus.js";
import type { Bus } from "../../shared/ports/bus.js";
import { silentLog } from "../../shared/ports/log.js";
import { LIMITS } from "../../shared/protocol/limits.js";
import { Histogram } from "../driver/histogram.js";
import { lastOf, type ToVirtual, type VirtualLook, type VirtualPlan } from "./messages.js";
import { sumOfTallies } from "./proxy-tally.js";
import { VirtualProxy } from "./virtual-proxy.js";

/** Virtual proxies within one process, which do what their parent says. */
const CELL = "local";
const TICK_MS = 100;
/** Proxies, each of which has one call under way. */
const ANCHORING_AT_ONCE = 8;

let proxies: VirtualProxy[] = [];
let renewMs = new Histogram();
let renewMsMax = 0;
let churnPerS = 0;
let due = 0;
let nextProxy = 0;
let tickedMs = performance.now();

async function start({ first, tokens, natsUrl: url, ...plan }: VirtualPlan): Promise<VirtualLook> {
  const bus = await connectNatsBus({ url, cell: CELL, name: `virtual-${first}`, log: silentLog });
  proxies = Array.from({ length: plan.proxies }, (_, at) => proxyOf(plan, first + at, tokens[at] as string, bus));
  for (const [at, proxy] of proxies.entries()) {
    // Proxies that were started by different people at different times renew at different times.
    setTimeout(() => proxy.start(), (at * LIMITS.renewEveryMs) / proxies.length);
  }
  return look();
}

type Shared = Pick<VirtualPlan, "sessionsPerProxy" | "lockedPercent" | "masterUrl" | "secret">;

function proxyOf(shared: Shared, number: number, token: string, bus: Bus): VirtualProxy {
  const { sessionsPerProxy: sessions, lockedPercent, masterUrl, secret } = shared;
  const onRenewed = (ms: number): void => {
    renewMs.record(ms);
    renewMsMax = Math.max(renewMsMax, ms);
  };
  return new VirtualProxy({ number, sessions, lockedPercent, token, masterUrl, secret, bus, onRenewed });
}

async function anchor(): Promise<VirtualLook> {
  const left = [...proxies];
  const some = async (): Promise<void> => {
    for (let proxy = left.pop(); proxy !== undefined; proxy = left.pop()) await proxy.anchorAll();
  };
  await Promise.all(Array.from({ length: ANCHORING_AT_ONCE }, some));
  return look();
}

function churn(perS: number): VirtualLook {
  churnPerS = perS;
  due = 0;
  return look();
}

/** What is due since the last tick, a proxy after another. */
setInterval(() => {
  const nowMs = performance.now();
  due += (churnPerS * (nowMs - tickedMs)) / 1_000;
  tickedMs = nowMs;
  const each = Math.ceil(due / Math.max(1, proxies.length));
  for (; due >= 1; due -= each) {
    const proxy = proxies[nextProxy] as VirtualProxy;
    nextProxy = (nextProxy + 1) % proxies.length;
    void proxy.replace(each, proxies[nextProxy] as VirtualProxy);
  }
}, TICK_MS);

function look(): VirtualLook {
  const seen: VirtualLook = {
    registered: proxies.filter(({ isRegistered }) => isRegistered).length,
    sessions: sum(({ sessions }) => sessions),
    underWay: sum(({ underWay }) => underWay),
    registeredAtMs: lastOf(proxies.map(({ report }) => report.registeredAtMs)),
    confirmedAtMs: lastOf(proxies.map(({ report }) => report.confirmedAtMs)),
    renewMs: renewMs.counts(),
    renewMsMax,
    total: sumOfTallies(proxies.map(({ tally }) => tally)),
  };
  renewMs = new Histogram();
  renewMsMax = 0;
  return seen;
}

const sum = (of: (proxy: VirtualProxy) => number): number => proxies.reduce((total, proxy) => total + of(proxy), 0);

async function obey(message: ToVirtual): Promise<VirtualLook> {
  switch (message.do) {
    case "start":
      return start(message.plan);
    case "anchor":
      return anchor();
    case "churn":
      return churn(message.perS);
    case "look":
      return look();
  }
}

process.on("disconnect", () => process.exit());
process.on("message", (message: ToVirtual) => {
  obey(message).then(
    (answer) => process.send?.(answer),
    (error: unknown) => process.send?.({ failure: String(error) }),
  );
});
