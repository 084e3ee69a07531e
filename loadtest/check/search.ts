import type { Operation } from "./history.js";
import type { Model } from "./model.js";
import { NONE, OpenList } from "./open-list.js";

/** How far a search came at best. */
export interface Deepest<State, Call, Result> {
  /** An order in which these operations come out right. */
  readonly order: readonly Operation<Call, Result>[];
  readonly state: State;
  /** The operations of which one would have to come next. None fits. */
  readonly next: readonly Operation<Call, Result>[];
}

/** What the search did at one place of its order, so that it can be undone. */
interface Choice<State> {
  readonly at: number;
  readonly stateBefore: State;
  /** The earliest return among the operations that were passed over for this one. */
  readonly deadlineMs: number;
  /** No other choice in this place could do better. */
  readonly isFinal: boolean;
}

/**
 * The search for an order: Wing and Gong (1993), with Lowe's memory of where it has been (2017).
 *
 * There are far too many orders to try. Two things tame them. An operation can come next only if no other
 * that is still to be placed had returned before it was called, so there are at most as many choices as
 * there were clients. And what is still possible depends on the set of operations placed and on the state
 * alone, not on the way there; a set and state met before need not be tried again.
 *
 * Two more savings: a read that fits and changes nothing can be placed at once, for it hinders none of the
 * others (a write that happens to change nothing here may be needed later on); and an operation of unknown outcome is placed
 * only where it changes something, since to leave it out does as well.
 */
export class Search<State, Call, Result> {
  steps = 0;
  readonly #model: Model<State, Call, Result>;
  readonly #operations: readonly Operation<Call, Result>[];
  readonly #stepsMax: number;
  readonly #open: OpenList;
  readonly #seen = new Set<string>();
  readonly #choices: Choice<State>[] = [];
  #state: State;
  #knownLeft: number;
  #deepest: Deepest<State, Call, Result> | undefined;

  constructor(model: Model<State, Call, Result>, operations: readonly Operation<Call, Result>[], stepsMax: number) {
    this.#model = model;
    this.#operations = operations.toSorted((a, b) => a.invokedAtMs - b.invokedAtMs);
    this.#stepsMax = stepsMax;
    this.#open = new OpenList(operations.length);
    this.#state = model.initial;
    this.#knownLeft = operations.filter(isKnown).length;
  }

  run(): "linearizable" | "broken" | "undecided" {
    let at = this.#open.first();
    let deadlineMs = Number.POSITIVE_INFINITY;
    while (this.#knownLeft > 0) {
      const operation = this.#operations[at];
      if (operation === undefined || operation.invokedAtMs > deadlineMs) {
        const undone = this.#undo();
        if (undone === undefined) return "broken";
        ({ at, deadlineMs } = undone);
      } else if (this.steps++ === this.#stepsMax) {
        return "undecided";
      } else if (this.#place(at, operation, deadlineMs)) {
        at = this.#open.first();
        deadlineMs = Number.POSITIVE_INFINITY;
        continue;
      }
      deadlineMs = Math.min(deadlineMs, this.#returnedAtMs(at));
      at = this.#open.after(at);
    }
    return "linearizable";
  }

  /** Undefined if the search never had to turn back. */
  get deepest(): Deepest<State, Call, Result> | undefined {
    return this.#deepest;
  }

  #place(at: number, operation: Operation<Call, Result>, deadlineMs: number): boolean {
    const state = this.#model.step(this.#state, operation);
    if (state === undefined) return false;
    if (state === this.#state && !isKnown(operation)) return false;
    this.#open.take(at);
    if (!this.#isNew(state)) {
      this.#open.putBack(at);
      return false;
    }
    const isFinal = state === this.#state && this.#model.isRead(operation.call);
    this.#choices.push({ at, stateBefore: this.#state, deadlineMs, isFinal });
    this.#state = state;
    if (isKnown(operation)) this.#knownLeft -= 1;
    return true;
  }

  /** Takes the last choice back, and all before it that were without alternative. Undefined: nothing is left to try. */
  #undo(): { at: number; deadlineMs: number } | undefined {
    this.#noteDepth();
    for (let choice = this.#choices.pop(); choice !== undefined; choice = this.#choices.pop()) {
      this.#open.putBack(choice.at);
      this.#state = choice.stateBefore;
      if (isKnown(this.#operations[choice.at] as Operation<Call, Result>)) this.#knownLeft += 1;
      if (!choice.isFinal) return { at: choice.at, deadlineMs: choice.deadlineMs };
    }
    return undefined;
  }

  #isNew(state: State): boolean {
    const place = `${this.#open.key()}`;
    if (this.#seen.has(place)) return false;
    this.#seen.add(place);
    return true;
  }

  #noteDepth(): void {
    if (this.#deepest !== undefined && this.#choices.length <= this.#deepest.order.length) return;
    const order = this.#choices.map(({ at }) => this.#operations[at] as Operation<Call, Result>);
    this.#deepest = { order, state: this.#state, next: this.#candidates() };
  }

  #candidates(): Operation<Call, Result>[] {
    const candidates: Operation<Call, Result>[] = [];
    let deadlineMs = Number.POSITIVE_INFINITY;
    for (let at = this.#open.first(); at !== NONE; at = this.#open.after(at)) {
      const operation = this.#operations[at] as Operation<Call, Result>;
      if (operation.invokedAtMs > deadlineMs) break;
      deadlineMs = Math.min(deadlineMs, operation.returnedAtMs);
      if (isKnown(operation)) candidates.push(operation);
    }
    return candidates;
  }

  #returnedAtMs(at: number): number {
    return (this.#operations[at] as Operation<Call, Result>).returnedAtMs;
  }
}

const isKnown = (operation: { readonly result: unknown }): boolean => operation.result !== undefined;
