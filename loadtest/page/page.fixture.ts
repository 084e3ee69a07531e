import { Tally } from "../driver/tally.js";
import type { Mix } from "../mixes/mix.js";
import { MIXES } from "../mixes/mixes.js";
import type { Phase, Run } from "../report/phase.js";
import { NOTHING, type Reading } from "../report/reading.js";
import { reportOf } from "../report/report.js";
import type { Report } from "../report/schema.js";

const phase = (master: Partial<Reading>, proxies: Partial<Reading>): Phase => {
  const tally = new Tally();
  for (let ms = 1; ms <= 1_000; ms += 1) tally.done("KeepAlive", ms / 100);
  for (let ms = 1; ms <= 50; ms += 1) tally.done("Open", ms);
  return {
    outcome: tally.outcome(),
    lags: Array.from({ length: 10 }, () => ({ meanMs: 1, maxMs: 2 })),
    elapsedSeconds: 10,
    master: { ...NOTHING, ...master },
    proxies: { ...NOTHING, ...proxies },
    promises: { judged: 50, broken: [], undecided: false },
  };
};

const sample = (factor: number) => ({
  masterCores: factor / 10,
  masterRequestsPerS: factor * 100,
  readsPerS: 5,
  hitsPerS: 4,
});

/** A run that nobody ran. Its counts do not agree. */
export const RUN: Run = {
  direct: phase(
    {
      gateway: new Map([
        ["keepalive", 1_000],
        ["status", 50],
      ]),
      cpuSeconds: 2,
    },
    {},
  ),
  proxied: phase(
    { link: new Map([["renew", 10]]), cpuSeconds: 0.3 },
    {
      answers: new Map([
        ["hit", 45],
        ["miss", 5],
      ]),
      cpuSeconds: 3,
    },
  ),
  idleCores: 0.02,
  strangers: 0,
  moments: Array.from({ length: 10 }, (_, at) => ({
    atS: at + 1,
    direct: sample(1),
    proxied: sample(0.1),
    idleCores: 0.01,
  })),
};

export const reportFor = (clients: number): Report =>
  reportOf(
    { mix: MIXES.chubby as Mix, clients, proxies: 2, seconds: 8, warmUp: 12, seed: 1, openLoop: undefined },
    RUN,
    new Date(0),
  );
