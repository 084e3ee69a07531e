import type { Clock, Timer } from "../ports/clock.js";
import { EventQueue } from "./event-queue.js";
import { SimProcess } from "./sim-process.js";

/** 2030-01-01T00:00:00Z: a wall clock that nobody can mistake for the monotonic one. */
const WALL_ORIGIN_MS = 1_893_456_000_000;

/** The monotonic clocks of two machines have nothing to do with each other; a room that compares them is caught. */
const PROCESS_ORIGIN_STEP_MS = 1_000_003;

/** Whoever keeps an instant busy for so many events will never let it pass. */
const EVENTS_OF_AN_INSTANT_MAX = 100_000;

/**
 * Time that passes only when a test says so, and then as fast as the work allows.
 *
 * A simulated cell must run alike each time, yet rooms are full of promises, and a clock that simply calls
 * one timer after the other overtakes the promise chains that the first of them set off. So time is a queue
 * of events in order of (time, insertion), and after each event a turn of the real event loop passes, by
 * which time all that was promised in it has been done. One event is what one turn of a process is.
 *
 * The clock itself is true time; `process` gives views of it that drift, pause and die.
 */
export class SimClock implements Clock {
  readonly #queue = new EventQueue();
  #nowMs = 0;
  #wallStepMs = 0;
  #processes = 0;
  #running = false;

  monotonicMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return WALL_ORIGIN_MS + this.#nowMs + this.#wallStepMs;
  }

  after(delayMs: number, fn: () => void): Timer {
    let wanted = true;
    this.#queue.add(this.#nowMs + Math.max(0, delayMs), () => {
      if (wanted) fn();
    });
    return {
      cancel: () => {
        wanted = false;
      },
    };
  }

  afterTurn(fn: () => void): void {
    this.#queue.add(this.#nowMs, fn);
  }

  /** Moves the wall clock, as an NTP daemon or an operator does. */
  stepWall(byMs: number): void {
    this.#wallStepMs += byMs;
  }

  /** The clock of one process, whose time passes at `rate` (1.02: two percent fast). */
  process(name: string, { rate = 1 }: { rate?: number } = {}): SimProcess {
    this.#processes += 1;
    return new SimProcess(name, this, { rate, originMs: this.#processes * PROCESS_ORIGIN_STEP_MS });
  }

  /** Lets `durationMs` pass, with all that happens in it. What an event throws is thrown here. */
  async runFor(durationMs: number): Promise<void> {
    await this.#run(durationMs, () => false);
  }

  /** Lets time pass until the predicate holds, which is asked after each event. Throws when `limitMs` have passed first. */
  async runUntil(predicate: () => boolean, limitMs: number): Promise<void> {
    if (await this.#run(limitMs, predicate)) return;
    throw new Error(`What was waited for did not happen within ${limitMs} ms of simulated time.`);
  }

  /** Lets time pass until the promise is settled, and answers as it does. Throws when `limitMs` have passed first. */
  async settle<T>(promise: Promise<T>, limitMs: number): Promise<T> {
    let settled = false;
    const mark = () => {
      settled = true;
    };
    promise.then(mark, mark);
    await this.runUntil(() => settled, limitMs);
    return promise;
  }

  async #run(limitMs: number, isDone: () => boolean): Promise<boolean> {
    if (this.#running) throw new Error("This simulated clock is being run already; await that first.");
    this.#running = true;
    try {
      return await this.#runEvents(this.#nowMs + limitMs, isDone);
    } finally {
      this.#running = false;
    }
  }

  async #runEvents(endMs: number, isDone: () => boolean): Promise<boolean> {
    let eventsOfThisInstant = 0;
    await eventLoopTurn();
    while (!isDone()) {
      const event = this.#queue.peek();
      if (event === undefined || event.atMs > endMs) {
        this.#nowMs = endMs;
        return false;
      }
      this.#queue.shift();
      eventsOfThisInstant = event.atMs > this.#nowMs ? 0 : eventsOfThisInstant + 1;
      if (eventsOfThisInstant > EVENTS_OF_AN_INSTANT_MAX) throw new Error(`Time stands still at ${this.#nowMs} ms.`);
      this.#nowMs = event.atMs;
      event.run();
      await eventLoopTurn();
    }
    return true;
  }
}

/** The event loop takes no new turn before the last promise of the present one is done. */
function eventLoopTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
