import type { LockResult } from "../check/lock-operation.js";
import type { Evidence } from "../check/records.js";
import { coveredMs, longestGap, type Stretch, type WriteTimes, writeTimes } from "../check/slow-writes.js";
import { PROXIES } from "./plan.js";
import type { PlayerReport } from "./player-messages.js";
import { concernsReadsAt, START_WAIT_MS, type Struck } from "./trouble.js";

/** How often clients did something of a kind, and what came of it. */
export interface Count {
  readonly kind: string;
  readonly ok: number;
  readonly refused: number;
  /** Nobody knows whether it took effect; of reads: there was no answer. */
  readonly unknown: number;
  /** Requests that nothing came back of. */
  readonly unanswered: number;
}

type Silences = PlayerReport["silences"];

/** The longest time in which a proxy answered none of its sentinel's reads, and for how much of it there was a fault. */
export interface Darkness {
  readonly proxy: string;
  readonly longestMs: number;
  readonly faultyMs: number;
}

export interface Measures {
  readonly operations: readonly Count[];
  /** Of the writes of the prober. */
  readonly writes: WriteTimes;
  readonly darkness: readonly Darkness[];
  /** By how much the clients' processes were late at worst. */
  readonly lateMs: number;
}

/** What a run came to, in numbers. */
export function measure(parts: {
  readonly evidence: Evidence;
  readonly struck: readonly Struck[];
  readonly reports: readonly PlayerReport[];
  readonly phase: Stretch;
}): Measures {
  const { evidence, struck, phase, reports } = parts;
  const silences = reports.map((report) => report.silences);
  const lateMs = Math.max(...reports.map((report) => report.lateMs));
  const probes = evidence.locks.filter(({ process, call }) => process === "prober" && call.kind === "setMetadata");
  return {
    operations: [...writesOf(evidence, silences), readsOf(evidence, silences)],
    writes: writeTimes(probes, struck.flatMap(excuse), lateMs),
    lateMs,
    darkness: PROXIES.map((proxy) => darknessAt(proxy, evidence, struck, phase)),
  };
}

function excuse({ fault, fromMs, untilMs }: Struck): Stretch[] {
  if (!("who" in fault) || fault.who !== "master") return [];
  return [{ fromMs, untilMs: fault.kind === "pause" ? untilMs : untilMs + START_WAIT_MS }];
}

function writesOf({ locks }: Evidence, silences: readonly Silences[]): Count[] {
  return ["acquire", "renew", "setMetadata", "release"].map((kind) => {
    const results = locks.filter(({ call }) => call.kind === kind).map(({ result }) => result);
    const known = results.filter((result) => result !== undefined);
    const refused = known.filter(isRefusal).length;
    const unanswered = sum(silences.map((silence) => silence[kind] ?? 0));
    return { kind, ok: known.length - refused, refused, unknown: results.length - known.length, unanswered };
  });
}

function readsOf({ reads }: Evidence, silences: readonly Silences[]): Count {
  const ok = reads.filter(({ allowed }) => allowed).length;
  const unanswered = sum(silences.map((silence) => silence.read ?? 0));
  return { kind: "read", ok, refused: reads.length - ok, unknown: unanswered, unanswered };
}

const isRefusal = ({ status }: LockResult): boolean => ["refused", "held", "delayed"].includes(status);

function darknessAt(proxy: string, { reads }: Evidence, struck: readonly Struck[], phase: Stretch): Darkness {
  const fresh = reads.filter(({ by, allowed, stale }) => by === `sentinel-${proxy}` && allowed && !stale);
  const gap = longestGap(
    fresh.map(({ returnedAtMs }) => returnedAtMs),
    phase,
  );
  const faults = struck.filter(({ fault }) => concernsReadsAt(proxy, fault));
  return { proxy, longestMs: gap.untilMs - gap.fromMs, faultyMs: coveredMs(gap, faults) };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, number) => all + number, 0);
