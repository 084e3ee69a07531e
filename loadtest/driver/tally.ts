import type { Operation } from "../../shared/gateway/metrics.js";
import { CHUBBY_MIX, type Kind } from "../mixes/chubby.js";
import { Histogram } from "./histogram.js";

const ERRORS_KEPT = 5;

/** How the operations of one kind went. */
export interface KindOutcome {
  readonly done: number;
  readonly failed: number;
  /** See `Histogram`. */
  readonly latencies: readonly number[];
}

/** Requests of one kind, as a gateway names it, that went out; `lost` are those whose answer never came. */
export interface Sent {
  readonly sent: number;
  readonly lost: number;
}

/** What a driver did, as it tells its parent. */
export interface Outcome {
  readonly kinds: Readonly<Record<Kind, KindOutcome>>;
  readonly requests: Readonly<Partial<Record<Operation, Sent>>>;
  readonly errors: readonly string[];
  readonly elapsedMs: number;
}

/** Counts what a driver does: operations in the paper's words, and requests as a gateway will have counted them. */
export class Tally {
  #kinds = noOutcomes();
  readonly #requests = new Map<Operation, { sent: number; lost: number }>();
  readonly #errors: string[] = [];

  /** Forgets what was counted so far: that was the set-up. */
  begin(): void {
    this.#kinds = noOutcomes();
    this.#requests.clear();
  }

  sent(request: Operation): void {
    const counted = this.#requests.get(request);
    if (counted === undefined) this.#requests.set(request, { sent: 1, lost: 0 });
    else counted.sent += 1;
  }

  lost(request: Operation): void {
    const counted = this.#requests.get(request);
    if (counted !== undefined) counted.lost += 1;
  }

  done(kind: Kind, latencyMs: number): void {
    const outcome = this.#of(kind);
    outcome.done += 1;
    outcome.latencies.record(latencyMs);
  }

  failed(kind: Kind, error: unknown): void {
    this.#of(kind).failed += 1;
    if (this.#errors.length < ERRORS_KEPT) this.#errors.push(`${kind}: ${String(error)}`);
  }

  progress(): { done: number; failed: number } {
    const outcomes = [...this.#kinds.values()];
    return {
      done: outcomes.reduce((sum, { done }) => sum + done, 0),
      failed: outcomes.reduce((sum, { failed }) => sum + failed, 0),
    };
  }

  outcome(elapsedMs: number): Outcome {
    const kinds = [...this.#kinds].map(([kind, { done, failed, latencies }]) => [
      kind,
      { done, failed, latencies: latencies.counts() },
    ]);
    return {
      kinds: Object.fromEntries(kinds) as Outcome["kinds"],
      requests: Object.fromEntries(this.#requests),
      errors: this.#errors,
      elapsedMs,
    };
  }

  #of(kind: Kind): { done: number; failed: number; latencies: Histogram } {
    const outcome = this.#kinds.get(kind);
    if (outcome === undefined) throw new RangeError(`no kind of the mix: ${kind}`);
    return outcome;
  }
}

const noOutcomes = () =>
  new Map(CHUBBY_MIX.map(({ kind }) => [kind as Kind, { done: 0, failed: 0, latencies: new Histogram() }]));

/** What several drivers did together. */
export function addOutcomes(outcomes: readonly Outcome[]): Outcome {
  const kinds = CHUBBY_MIX.map(({ kind }) => {
    const latencies = new Histogram();
    for (const outcome of outcomes) latencies.add(outcome.kinds[kind].latencies);
    return [
      kind,
      {
        done: sumOf(outcomes, (outcome) => outcome.kinds[kind].done),
        failed: sumOf(outcomes, (outcome) => outcome.kinds[kind].failed),
        latencies: latencies.counts(),
      },
    ];
  });
  const names = new Set(outcomes.flatMap((outcome) => Object.keys(outcome.requests) as Operation[]));
  const requests = [...names].map((name) => [
    name,
    {
      sent: sumOf(outcomes, (outcome) => outcome.requests[name]?.sent ?? 0),
      lost: sumOf(outcomes, (outcome) => outcome.requests[name]?.lost ?? 0),
    },
  ]);
  return {
    kinds: Object.fromEntries(kinds) as Outcome["kinds"],
    requests: Object.fromEntries(requests),
    errors: outcomes.flatMap((outcome) => outcome.errors).slice(0, ERRORS_KEPT),
    elapsedMs: Math.max(...outcomes.map((outcome) => outcome.elapsedMs)),
  };
}

const sumOf = <T>(items: readonly T[], value: (item: T) => number): number =>
  items.reduce((sum, item) => sum + value(item), 0);
