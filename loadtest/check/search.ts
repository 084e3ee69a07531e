import type { Operation } from "./history.js";
import type { Model } from "./model.js";
import { NONE, OpenList } from "./open-list.js";
import { type Role, Visited } from "./visited.js";

/** How far a search came at best. */
export interface Deepest<State, Call, Result> {
  /** An order in which these operations come out right. */
  readonly order: readonly Operation<Call, Result>[];
  readonly state: State;
  /** The operations of which one would have to come next. None fits. */
  readonly next: readonly Operation<Call, Result>[];
}

/** A place in the order, and what may still be tried there. */
interface Place<State> {
  /** Before the operation of this place. */
  readonly state: State;
  /** In the order in which they are tried. */
  readonly candidates: readonly number[];
  tried: number;
  /** What stands here for now. */
  chosen: number;
}

/**
 * The search for an order: Wing and Gong (1993), with Lowe's memory of where it has been (2017).
 *
 * There are far too many orders to try. Two things tame them. An operation can come next only if no other
 * that is still to be placed had returned before it was called, so there are at most as many choices as
 * there were clients. And what is still possible depends on the set of operations placed and on the state
 * alone, not on the way there (see `visited.ts`).
 *
 * A read that fits and changes nothing is placed at once, for it hinders none of the others. (A write that
 * happens to change nothing here may be needed later on.) Operations of unknown outcome are never waited
 * for, and tried last, the newest first: most of them never happened, or happened at once.
 */
export class Search<State, Call, Result> {
  steps = 0;
  readonly #model: Model<State, Call, Result>;
  readonly #operations: readonly Operation<Call, Result>[];
  readonly #stepsMax: number;
  readonly #open: OpenList;
  readonly #visited: Visited;
  readonly #places: Place<State>[] = [];
  #knownLeft: number;
  #deepest: Deepest<State, Call, Result> | undefined;

  constructor(model: Model<State, Call, Result>, operations: readonly Operation<Call, Result>[], stepsMax: number) {
    this.#model = model;
    this.#operations = operations.toSorted((a, b) => a.invokedAtMs - b.invokedAtMs);
    this.#stepsMax = stepsMax;
    this.#open = new OpenList(operations.length);
    this.#visited = new Visited(this.#operations.map((operation) => this.#roleOf(operation)));
    this.#knownLeft = operations.filter(isKnown).length;
  }

  run(): "linearizable" | "broken" | "undecided" {
    this.#advance(this.#model.initial);
    while (this.#knownLeft > 0) {
      const place = this.#places.at(-1) as Place<State>;
      const at = place.candidates[place.tried++];
      if (at === undefined) {
        if (!this.#goBack()) return "broken";
      } else if (this.steps++ === this.#stepsMax) {
        return "undecided";
      } else {
        this.#try(place, at);
      }
    }
    return "linearizable";
  }

  /** Undefined if the search never had to turn back. */
  get deepest(): Deepest<State, Call, Result> | undefined {
    return this.#deepest;
  }

  #try(place: Place<State>, at: number): void {
    const operation = this.#operation(at);
    const state = this.#model.step(place.state, operation);
    if (state === undefined) return;
    const isIdle = state === place.state;
    if (isIdle && !isKnown(operation)) return;
    this.#visited.flip(at);
    if (!this.#visited.isNew(JSON.stringify(state))) {
      this.#visited.flip(at);
      return;
    }
    if (isIdle && this.#model.kindOf(operation.call) === "read") place.tried = place.candidates.length;
    place.chosen = at;
    this.#open.take(at);
    if (isKnown(operation)) this.#knownLeft -= 1;
    this.#advance(state);
  }

  #advance(state: State): void {
    this.#places.push({ state, candidates: this.#candidates(), tried: 0, chosen: NONE });
  }

  /** Gives up the last place, and clears the one before it. False: there is none. */
  #goBack(): boolean {
    this.#noteDepth();
    this.#places.pop();
    const place = this.#places.at(-1);
    if (place === undefined) return false;
    this.#open.putBack(place.chosen);
    this.#visited.flip(place.chosen);
    if (isKnown(this.#operation(place.chosen))) this.#knownLeft += 1;
    return true;
  }

  #candidates(): number[] {
    const reads: number[] = [];
    const writes: number[] = [];
    const unknown: number[] = [];
    let deadlineMs = Number.POSITIVE_INFINITY;
    for (let at = this.#open.first(); at !== NONE; at = this.#open.after(at)) {
      const operation = this.#operation(at);
      if (operation.invokedAtMs > deadlineMs) break;
      deadlineMs = Math.min(deadlineMs, operation.returnedAtMs);
      if (!isKnown(operation)) unknown.push(at);
      else if (this.#model.kindOf(operation.call) === "read") reads.push(at);
      else writes.push(at);
    }
    return [...reads, ...writes, ...unknown.reverse()];
  }

  #noteDepth(): void {
    const place = this.#places.at(-1) as Place<State>;
    const depth = this.#places.length - 1;
    if (this.#deepest !== undefined && depth <= this.#deepest.order.length) return;
    this.#deepest = {
      order: this.#places.slice(0, depth).map(({ chosen }) => this.#operation(chosen)),
      state: place.state,
      next: place.candidates.map((at) => this.#operation(at)).filter(isKnown),
    };
  }

  #roleOf(operation: Operation<Call, Result>): Role {
    if (isKnown(operation)) return "known";
    return this.#model.kindOf(operation.call) === "consequence" ? "consequence" : "spendable";
  }

  #operation(at: number): Operation<Call, Result> {
    return this.#operations[at] as Operation<Call, Result>;
  }
}

const isKnown = (operation: { readonly result: unknown }): boolean => operation.result !== undefined;
