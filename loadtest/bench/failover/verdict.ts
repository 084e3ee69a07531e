import { LIMITS } from "../../../shared/protocol/limits.js";
import { median } from "../median.js";
import { medianPace, type Pace } from "../pace.js";
import { type Times, timesOf } from "../write/times.js";
import type { FailoverBenchSettings, FailoverFindings, HandOvers } from "./findings.js";

/** Beyond what runs out: what promise P7 leaves for all else, and what we leave to clients that must find another proxy. */
const MARGIN_MS = 2_000;
/** A process that is started, and whoever tries again now and then. */
const START_MS = 1_000;

/** Something that clients waited for. */
export interface Wait {
  readonly what: string;
  readonly p50Ms: number;
  readonly lastMs: number;
  readonly atMostMs: number;
  /** The same of etcd, if it was measured: p50. */
  readonly etcdMs: number | undefined;
}

export interface FailoverVerdict {
  /** Medians of the pairs; the ratio is the median of theirs. */
  readonly handOver: { readonly cell: Times & Pace; readonly floor: Times & Pace; readonly p50Ratio: number };
  /** Releases of etcd, if they were measured. */
  readonly etcdHandOver: Times | undefined;
  readonly waits: readonly Wait[];
}

export function failoverVerdictOf(findings: FailoverFindings, settings: FailoverBenchSettings): FailoverVerdict {
  const { holderDeath, proxyDeath, masterDeath, etcd } = findings;
  const freed = settings.leaseMs + MARGIN_MS;
  const forgotten = LIMITS.proxyLeaseMs + MARGIN_MS;
  const started = forgotten + START_MS;
  return {
    handOver: handOverOf(findings.handOvers),
    etcdHandOver: etcd && timesOf(etcd.handOvers),
    waits: [
      waitOf("the holder is killed: until the stand-by has the lock", holderDeath, freed, etcd?.holderDeath),
      waitOf("their proxy is killed, the holder releases: until the stand-by has it", proxyDeath, forgotten),
      waitOf(
        "the master is killed, and started: until all proxies answer fresh reads",
        masterDeath.map(({ freshReadMs }) => freshReadMs),
        started,
        etcd?.serverDeath,
      ),
      // Rule E1 counts from when the new master has opened its journal, which is before anybody reads.
      waitOf(
        "the master was started: from the first fresh reads until a write is answered",
        masterDeath.map(({ freshReadMs, writeMs }) => writeMs - freshReadMs),
        forgotten,
      ),
    ],
  };
}

export const isInTime = ({ lastMs, atMostMs }: Wait): boolean => lastMs <= atMostMs;

/** Whether nobody had to wait for longer than is promised. */
export const failoverPasses = ({ waits }: FailoverVerdict): boolean => waits.every(isInTime);

const waitOf = (what: string, times: readonly number[], atMostMs: number, ofEtcd?: readonly number[]): Wait => ({
  ...{ what, atMostMs },
  p50Ms: timesOf(times).p50Ms,
  lastMs: Math.max(...times),
  etcdMs: ofEtcd && timesOf(ofEtcd).p50Ms,
});

function handOverOf(pairs: FailoverFindings["handOvers"]): FailoverVerdict["handOver"] {
  const medians = (all: readonly HandOvers[]): Times & Pace => {
    const times = all.map(({ ms }) => timesOf(ms));
    return {
      p50Ms: median(times.map(({ p50Ms }) => p50Ms)),
      p99Ms: median(times.map(({ p99Ms }) => p99Ms)),
      ...medianPace(all.map(({ pace }) => pace)),
    };
  };
  return {
    cell: medians(pairs.map(({ cell }) => cell)),
    floor: medians(pairs.map(({ floor }) => floor)),
    p50Ratio: median(pairs.map(({ cell, floor }) => timesOf(cell.ms).p50Ms / timesOf(floor.ms).p50Ms)),
  };
}
