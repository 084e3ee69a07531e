import type { Operation } from "../../shared/gateway/metrics.js";
import { KINDS, type Kind } from "../mixes/kinds.js";
import { Histogram } from "./histogram.js";
import { Refused } from "./refused.js";

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
  /** Some of what went wrong, in words. */
  readonly errors: readonly string[];
  readonly errorsByCode: Readonly<Record<string, number>>;
  /** Sessions that ended, or whose socket did, though nobody had closed them. */
  readonly sessionsLost: number;
  /** How many notices of fail-overs there should have been. */
  readonly noticesDue: number;
}

/** Counts what a driver does: operations in the paper's words, and requests as a gateway will have counted them. */
export class Tally {
  #kinds = noOutcomes();
  readonly #requests = new Map<Operation, { sent: number; lost: number }>();
  readonly #errors: string[] = [];
  readonly #errorsByCode = new Map<string, number>();
  #sessionsLost = 0;
  #noticesDue = 0;

  /** Forgets what was counted so far, but no lost session: that was the set-up and the warm-up. */
  begin(): void {
    this.#kinds = noOutcomes();
    this.#requests.clear();
    this.#noticesDue = 0;
    this.#errors.length = 0;
    this.#errorsByCode.clear();
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
    const outcome = this.#kinds[kind];
    outcome.done += 1;
    outcome.latencies.record(latencyMs);
  }

  failed(kind: Kind, error: unknown): void {
    this.#kinds[kind].failed += 1;
    this.#wrong(error instanceof Refused ? error.code : "unanswered", `${kind}: ${String(error)}`);
  }

  sessionLost(why: string): void {
    this.#sessionsLost += 1;
    this.#wrong("session_lost", why);
  }

  noticesDue(count: number): void {
    this.#noticesDue += count;
  }

  progress(): { done: number; failed: number; sessionsLost: number } {
    const outcomes = Object.values(this.#kinds);
    return {
      done: outcomes.reduce((sum, { done }) => sum + done, 0),
      failed: outcomes.reduce((sum, { failed }) => sum + failed, 0),
      sessionsLost: this.#sessionsLost,
    };
  }

  outcome(): Outcome {
    return {
      kinds: ofKinds((kind) => ({ ...this.#kinds[kind], latencies: this.#kinds[kind].latencies.counts() })),
      requests: Object.fromEntries(this.#requests),
      errors: this.#errors,
      errorsByCode: Object.fromEntries(this.#errorsByCode),
      sessionsLost: this.#sessionsLost,
      noticesDue: this.#noticesDue,
    };
  }

  #wrong(code: string, words: string): void {
    this.#errorsByCode.set(code, (this.#errorsByCode.get(code) ?? 0) + 1);
    if (this.#errors.length < ERRORS_KEPT) this.#errors.push(words);
  }
}

const ofKinds = <T>(value: (kind: Kind) => T): Record<Kind, T> =>
  Object.fromEntries(KINDS.map((kind) => [kind, value(kind)])) as Record<Kind, T>;

const noOutcomes = () => ofKinds(() => ({ done: 0, failed: 0, latencies: new Histogram() }));

/** What several drivers did together, at the same time. */
export function addOutcomes(outcomes: readonly Outcome[]): Outcome {
  const names = new Set(outcomes.flatMap(({ requests }) => Object.keys(requests) as Operation[]));
  const codes = new Set(outcomes.flatMap(({ errorsByCode }) => Object.keys(errorsByCode)));
  return {
    kinds: ofKinds((kind) => addKind(outcomes.map(({ kinds }) => kinds[kind]))),
    requests: Object.fromEntries(
      [...names].map((name) => [
        name,
        {
          sent: sumOf(outcomes, ({ requests }) => requests[name]?.sent ?? 0),
          lost: sumOf(outcomes, ({ requests }) => requests[name]?.lost ?? 0),
        },
      ]),
    ),
    errors: outcomes.flatMap(({ errors }) => errors).slice(0, ERRORS_KEPT),
    errorsByCode: Object.fromEntries(
      [...codes].map((code) => [code, sumOf(outcomes, ({ errorsByCode }) => errorsByCode[code] ?? 0)]),
    ),
    sessionsLost: sumOf(outcomes, ({ sessionsLost }) => sessionsLost),
    noticesDue: sumOf(outcomes, ({ noticesDue }) => noticesDue),
  };
}

/** What the same drivers did one time after another. A lost session is told each time. */
export function joinOutcomes(outcomes: readonly Outcome[]): Outcome {
  const sessionsLost = Math.max(...outcomes.map((outcome) => outcome.sessionsLost));
  return { ...addOutcomes(outcomes), sessionsLost };
}

function addKind(each: readonly KindOutcome[]): KindOutcome {
  const latencies = new Histogram();
  for (const outcome of each) latencies.add(outcome.latencies);
  const done = sumOf(each, (outcome) => outcome.done);
  return { done, failed: sumOf(each, ({ failed }) => failed), latencies: latencies.counts() };
}

const sumOf = <T>(items: readonly T[], value: (item: T) => number): number =>
  items.reduce((sum, item) => sum + value(item), 0);
