import { type Static, Type } from "typebox";

const Counts = Type.Record(Type.String(), Type.Integer({ minimum: 0 }));
const Amount = Type.Number({ minimum: 0 });
/** Null: nobody can tell, or there was nothing of it. */
const OrNull = Type.Union([Amount, Type.Null()]);
/** How many times less. Null: nothing was left, there was nothing of it, or nobody can tell. */
const Factor = OrNull;
const Latency = Type.Object({
  p50: Amount,
  p99: Amount,
  max: Amount,
  /** Pairs of a share of all operations, and the ms that it did not exceed. */
  curve: Type.Array(Type.Tuple([Amount, Amount])),
});

export const Side = Type.Object({
  /** From the first operation to the last answer: what every rate is by. */
  elapsedSeconds: Amount,
  clientOps: Counts,
  clientOpsPerS: Amount,
  /** By call: `gateway …` of clients, `link …` of proxies. */
  masterRequests: Counts,
  masterRequestsPerS: Amount,
  /** Of clients, or the renewals of proxies, which is what is left of them. */
  masterKeepAlivesPerS: Amount,
  masterCpuS: OrNull,
  proxyCpuS: OrNull,
  latencyMs: Type.Record(Type.String(), Latency),
  errors: Type.Integer({ minimum: 0 }),
  errorsByCode: Counts,
  errorExamples: Type.Array(Type.String()),
  sessionsLost: Type.Integer({ minimum: 0 }),
  cache: Type.Object({
    hits: Type.Integer({ minimum: 0 }),
    misses: Type.Integer({ minimum: 0 }),
    stale: Type.Integer({ minimum: 0 }),
    hitRatio: OrNull,
  }),
  /** How late operations began, on average, of each second. */
  lagMs: Type.Array(Amount),
  promises: Type.Object({
    judged: Type.Integer({ minimum: 0 }),
    broken: Type.Array(Type.String()),
    undecided: Type.Boolean(),
  }),
});
export type Side = Static<typeof Side>;

const Sample = Type.Object({
  masterCores: OrNull,
  masterRequestsPerS: Amount,
  readsPerS: Amount,
  hitsPerS: Amount,
});

export const Report = Type.Object(
  {
    format: Type.Literal(1),
    mix: Type.String(),
    about: Type.String(),
    seed: Type.Integer({ minimum: 0 }),
    clients: Type.Integer({ minimum: 1 }),
    proxies: Type.Integer({ minimum: 1 }),
    /** How long operations were begun. */
    seconds: Amount,
    warmUpSeconds: Amount,
    /** Operations a second that were asked for, with latencies from the intended start; null: real rates. */
    openLoopPerS: OrNull,
    startedAt: Type.String(),
    commit: Type.String(),
    machine: Type.Object({
      node: Type.String(),
      platform: Type.String(),
      processor: Type.String(),
      cores: Type.Integer(),
      memoryGiB: Amount,
    }),
    /** The running cell that was asked, both ways in turns. Null: cells of the run's own, at the same time. */
    target: Type.Union([Type.Object({ master: Type.String(), gateways: Type.Array(Type.String()) }), Type.Null()]),
    direct: Side,
    proxied: Side,
    /** A master that nobody asks for anything, for as long; of a running cell: the same one, its proxies alive. */
    idle: Type.Object({ masterCpuS: OrNull }),
    /** How many times less reached the master through the proxies. CPU: above that of the idle master. */
    reduction: Type.Object({ requests: Factor, keepAlives: Factor, reads: Factor, masterCpu: Factor }),
    counts: Type.Object({ compared: Type.Integer({ minimum: 0 }), mismatches: Type.Array(Type.String()) }),
    /** What was to be shown by a run of this mix and size. They do not decide whether the run passes. */
    bars: Type.Array(Type.Object({ what: Type.String(), atLeast: Amount, measured: Factor, met: Type.Boolean() })),
    moments: Type.Array(Type.Object({ atS: Amount, direct: Sample, proxied: Sample, idleCores: OrNull })),
    pass: Type.Boolean(),
    failureReasons: Type.Array(Type.String()),
  },
  { title: "One run of octofleet's load test" },
);
export type Report = Static<typeof Report>;

/** What `report.json` holds: a run, or those of a sweep. */
export const ReportFile = Type.Union([
  Report,
  Type.Object({ format: Type.Literal(1), sweep: Type.Array(Report, { minItems: 1 }), pass: Type.Boolean() }),
]);
export type ReportFile = Static<typeof ReportFile>;
