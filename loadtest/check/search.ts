import type { Operation } from "./history.js";
import type { Model } from "./model.js";
import { NONE, OpenList } from "./open-list.js";
import { Visited } from "./visited.js";

/** How far a search came at best. */
export interface Deepest<State, Call, Result> {
  /** An order in which these operations come out right. */
  readonly order: readonly Operation<Call, Result>[];
  readonly state: State;
  /** The operations of which one would have to come next. None fits. */
  readonly next: readonly Operation<Call, Result>[];
}

/** What may come next: some operations of unknown outcome, and then one whose outcome is known. */
interface Move<State> {
  readonly placed: readonly number[];
  /** After them. */
  readonly state: State;
}

/** A place in the order. */
interface Place<State> {
  readonly state: State;
  readonly next: Candidates;
  /** The moves that were not tried yet. */
  readonly moves: Iterator<Move<State>>;
  /** The one that is being tried. */
  move?: Move<State>;
}

/** The operations that may come next in time. */
interface Candidates {
  /** Reads first. */
  readonly known: readonly number[];
  /** The newest first. */
  readonly unknown: readonly number[];
}

/**
 * The search for an order: Wing and Gong (1993), with Lowe's memory of where it has been (2017).
 *
 * There are far too many orders to try. Two things tame them. An operation can come next only if no other
 * that is still to be placed had returned before it was called, so there are at most as many choices as
 * there were clients. And what is still possible depends on the set of operations placed and on the state
 * alone, not on the way there (see `visited.ts`).
 *
 * Operations of unknown outcome would undo this, for they may come at any time, or never. So a move is one
 * known operation, with as few unknown ones before it as will do: first none, then each, then each two.
 * And a read that fits and changes nothing is placed at once, for it hinders none of the others. (A write
 * that happens to change nothing here may be needed later on.)
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
    this.#visited = new Visited(this.#operations.map(isKnown));
    this.#knownLeft = operations.filter(isKnown).length;
  }

  run(): "linearizable" | "broken" | "undecided" {
    this.#enter(this.#model.initial);
    while (this.#knownLeft > 0) {
      const place = this.#places.at(-1) as Place<State>;
      const { value: move } = place.moves.next();
      if (this.steps > this.#stepsMax) return "undecided";
      if (move !== undefined) this.#make(place, move);
      else if (!this.#goBack()) return "broken";
    }
    return "linearizable";
  }

  /** How far it came, if it found no order. */
  deepest(): Deepest<State, Call, Result> {
    this.#noteDepth();
    return this.#deepest as Deepest<State, Call, Result>;
  }

  #enter(state: State): void {
    const next = this.#candidates();
    this.#places.push({ state, next, moves: this.#moves(state, next) });
  }

  #make(place: Place<State>, move: Move<State>): void {
    place.move = move;
    for (const at of move.placed) this.#open.take(at);
    this.#flip(move.placed);
    this.#knownLeft -= 1;
    this.#enter(move.state);
  }

  /** Gives up the last place, and takes back the move that led there. False: none did. */
  #goBack(): boolean {
    this.#noteDepth();
    this.#places.pop();
    const move = this.#places.at(-1)?.move;
    if (move === undefined) return false;
    for (const at of move.placed.toReversed()) this.#open.putBack(at);
    this.#flip(move.placed);
    this.#knownLeft += 1;
    return true;
  }

  *#moves(from: State, { known, unknown }: Candidates): Generator<Move<State>, undefined> {
    let wave: Move<State>[] = [{ placed: [], state: from }];
    while (wave.length > 0 && this.steps <= this.#stepsMax) {
      const ended: Move<State>[] = [];
      for (const start of wave) {
        const isSettled = yield* this.#knownMoves(start, known);
        if (!isSettled) ended.push(start);
      }
      wave = ended.flatMap((start) => unknown.flatMap((at) => this.#unknownMove(start, at) ?? []));
    }
  }

  /** Answers whether one of them makes all others, and all unknown operations, needless here. */
  *#knownMoves(start: Move<State>, known: readonly number[]): Generator<Move<State>, boolean> {
    for (const at of known) {
      const move = this.#step(start, at);
      if (move === undefined) continue;
      if (this.#isNew(move)) yield move;
      if (move.state === start.state && this.#model.isRead(this.#operation(at).call)) return true;
    }
    return false;
  }

  #unknownMove(start: Move<State>, at: number): Move<State> | undefined {
    if (start.placed.includes(at)) return undefined;
    const move = this.#step(start, at);
    return move !== undefined && this.#isNew(move) ? move : undefined;
  }

  #step(start: Move<State>, at: number): Move<State> | undefined {
    this.steps += 1;
    const state = this.#model.step(start.state, this.#operation(at));
    return state === undefined ? undefined : { placed: [...start.placed, at], state };
  }

  #isNew({ placed, state }: Move<State>): boolean {
    this.#flip(placed);
    const isNew = this.#visited.isNew(JSON.stringify(state));
    this.#flip(placed);
    return isNew;
  }

  #flip(placed: readonly number[]): void {
    for (const at of placed) this.#visited.flip(at);
  }

  #candidates(): Candidates {
    const reads: number[] = [];
    const writes: number[] = [];
    const unknown: number[] = [];
    let deadlineMs = Number.POSITIVE_INFINITY;
    for (let at = this.#open.first(); at !== NONE; at = this.#open.after(at)) {
      const operation = this.#operation(at);
      if (operation.invokedAtMs > deadlineMs) break;
      deadlineMs = Math.min(deadlineMs, operation.returnedAtMs);
      if (!isKnown(operation)) unknown.push(at);
      else if (this.#model.isRead(operation.call)) reads.push(at);
      else writes.push(at);
    }
    return { known: [...reads, ...writes], unknown: unknown.reverse() };
  }

  #noteDepth(): void {
    const place = this.#places.at(-1);
    if (place === undefined) return;
    const order = this.#places.slice(0, -1).flatMap(({ move }) => move?.placed ?? []);
    if (this.#deepest !== undefined && order.length <= this.#deepest.order.length) return;
    const operations = (numbers: readonly number[]) => numbers.map((at) => this.#operation(at));
    this.#deepest = { order: operations(order), state: place.state, next: operations(place.next.known) };
  }

  #operation(at: number): Operation<Call, Result> {
    return this.#operations[at] as Operation<Call, Result>;
  }
}

const isKnown = (operation: { readonly result: unknown }): boolean => operation.result !== undefined;
