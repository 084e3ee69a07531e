import type { Clock, Timer } from "../ports/clock.js";

/** A microsecond: how finely a drifting clock's timers are set. */
const TICK_MS = 0.001;

/**
 * The clock of one simulated process, and its life: it may drift, be paused (by its hypervisor, by a long
 * garbage collection) and be killed. What came due in a pause runs at its end, late, in the order in which
 * it came due; time goes on meanwhile. A killed process runs nothing more.
 */
export class SimProcess implements Clock {
  readonly name: string;
  readonly #timeline: Clock;
  readonly #rate: number;
  readonly #originMs: number;
  readonly #held: (() => void)[] = [];
  #state: "running" | "paused" | "killed" = "running";
  #wallStepMs = 0;

  /** `originMs`: what the monotonic clock shows when the timeline shows 0. */
  constructor(name: string, timeline: Clock, { rate, originMs }: { rate: number; originMs: number }) {
    this.name = name;
    this.#timeline = timeline;
    this.#rate = rate;
    this.#originMs = originMs;
  }

  monotonicMs(): number {
    return this.#monotonicAt(this.#timeline.monotonicMs());
  }

  /** The wall clock drifts as the monotonic one does, from when the process began. */
  wallMs(): number {
    const trueMs = this.#timeline.monotonicMs();
    return this.#timeline.wallMs() + trueMs * (this.#rate - 1) + this.#wallStepMs;
  }

  after(delayMs: number, fn: () => void): Timer {
    let wanted = true;
    const run = () => {
      if (wanted) fn();
    };
    const timer = this.#timeline.after(this.#trueDelay(Math.max(0, delayMs)), () => this.#due(run));
    return {
      cancel: () => {
        wanted = false;
        timer.cancel();
      },
    };
  }

  afterTurn(fn: () => void): void {
    this.#timeline.afterTurn(() => this.#due(fn));
  }

  /** Moves this process's wall clock. */
  stepWall(byMs: number): void {
    this.#wallStepMs += byMs;
  }

  pause(): void {
    if (this.#state === "running") this.#state = "paused";
  }

  resume(): void {
    if (this.#state !== "paused") return;
    this.#state = "running";
    for (const run of this.#held.splice(0)) this.afterTurn(run);
  }

  kill(): void {
    this.#state = "killed";
    this.#held.length = 0;
  }

  #due(run: () => void): void {
    if (this.#state === "running") run();
    else if (this.#state === "paused") this.#held.push(run);
  }

  #monotonicAt(trueMs: number): number {
    return this.#originMs + trueMs * this.#rate;
  }

  /** Rounded so that the timer never fires before `delayMs` have passed here. */
  #trueDelay(delayMs: number): number {
    const nowMs = this.#timeline.monotonicMs();
    const dueMs = this.monotonicMs() + delayMs;
    let trueDelayMs = delayMs / this.#rate;
    while (this.#monotonicAt(nowMs + trueDelayMs) < dueMs) trueDelayMs += TICK_MS;
    return trueDelayMs;
  }
}
