import type { Outcome } from "../outcome.js";
import type { BarChart } from "../page/bar-chart.js";
import { BARS, type SessionVerdict } from "./verdict.js";
import { sessionVerdictText } from "./verdict-text.js";

export function sessionsOutcome(verdict: SessionVerdict): Outcome {
  const { renewals, keepAlives, proxyDeath, masterDeath, freed, misses, flaws, leaseMs } = verdict;
  const all = renewals.flat();
  const perProxy = Math.max(...all.map(({ requestsPerS, proxies }) => requestsPerS / proxies));
  const lost = proxyDeath.sessionsLost + proxyDeath.locksLost + masterDeath.sessionsLost + masterDeath.locksLost;
  return {
    text: sessionVerdictText(verdict),
    bars: [
      { what: "KeepAlives at the master, a second and proxy", measured: perProxy, atMost: BARS.renewsPerSPerProxy },
      {
        what: "KeepAlive at a proxy, by CPU, beside a bare server",
        measured: keepAlives.ratio,
        atLeast: BARS.keepAliveRatio,
      },
      { what: "sessions and locks lost with proxy and master", measured: lost, atMost: 0 },
      { what: "ms until sessions are resumed elsewhere, p99", measured: proxyDeath.p99Ms, atMost: BARS.resumeP99Ms },
      {
        what: "ms until a dead client's lock is free, the last",
        measured: freed.lastMs,
        atMost: leaseMs + BARS.freedMarginMs,
      },
      { what: "sessions: what was not as it should be", measured: misses.length, atMost: 0 },
    ],
    charts: chartsOf(verdict),
    flaws,
  };
}

function chartsOf({ renewals, etcdLeases }: SessionVerdict): BarChart[] {
  const ours = renewals[0]?.[0];
  if (etcdLeases === undefined || ours === undefined) return [];
  return [
    {
      title: `KeepAlives at the master for ${ours.sessions} sessions or leases`,
      ...{ note: "Through one proxy. Less is better.", unit: "/s" },
      rows: [
        { name: "cell: the proxy's renewals", of: "ours", value: ours.requestsPerS },
        { name: "etcd through grpc-proxy", of: "peer", value: etcdLeases.atServerPerS },
      ],
    },
  ];
}
