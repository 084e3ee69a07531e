import type { Clock, Timer } from "../ports/clock.js";

/** A microsecond: how finely a drifting clock's timers are set. */
const TICK_MS = 0.001;

/**
 * The clock of one simulated process, and its life: it may drift, be paused (by its hypervisor, by a long
 * garbage collection) and be killed. What came due in a pause runs at its end, late, in the order in which
 * it came due; time goes on meanwhile. While its machine is suspended, only the wall clock does. A killed process runs
 * nothing more.
 */
export class SimProcess implements Clock {
  readonly name: string;
  readonly #timeline: Clock;
  readonly #rate: number;
  readonly #originMs: number;
  readonly #held: (() => void)[] = [];
  #state: "running" | "paused" | "killed" = "running";
  #wallStepMs = 0;
  /** What was slept through, in true time. */
  #suspendedMs = 0;
  #suspendedAtMs: number | undefined;

  /** `originMs`: what the monotonic clock shows when the timeline shows 0. */
  constructor(name: string, timeline: Clock, { rate, originMs }: { rate: number; originMs: number }) {
    this.name = name;
    this.#timeline = timeline;
    this.#rate = rate;
    this.#originMs = originMs;
  }

  monotonicMs(): number {
    return this.#monotonicAt(this.#suspendedAtMs ?? this.#timeline.monotonicMs());
  }

  /** The wall clock drifts as the monotonic one does, from when the process began. */
  wallMs(): number {
    const trueMs = this.#timeline.monotonicMs();
    return this.#timeline.wallMs() + trueMs * (this.#rate - 1) + this.#wallStepMs;
  }

  after(delayMs: number, fn: () => void): Timer {
    const dueMs = this.monotonicMs() + Math.max(0, delayMs);
    let wanted = true;
    let timer: Timer;
    const set = (inMs: number) => {
      timer = this.#timeline.after(this.#trueDelay(inMs, dueMs), () => this.#due(run));
    };
    const run = () => {
      if (!wanted) return;
      const leftMs = dueMs - this.monotonicMs();
      if (leftMs > 0) set(leftMs);
      else fn();
    };
    set(Math.max(0, delayMs));
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

  /** Sleeps with its machine: the monotonic clock stands still, and only the wall clock tells of it afterwards. */
  suspend(): void {
    if (this.#state !== "running") return;
    this.#state = "paused";
    this.#suspendedAtMs = this.#timeline.monotonicMs();
  }

  resume(): void {
    if (this.#state !== "paused") return;
    this.#state = "running";
    if (this.#suspendedAtMs !== undefined) this.#suspendedMs += this.#timeline.monotonicMs() - this.#suspendedAtMs;
    this.#suspendedAtMs = undefined;
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
    return this.#originMs + (trueMs - this.#suspendedMs) * this.#rate;
  }

  /** Rounded so that the timer never fires before it is due here. */
  #trueDelay(delayMs: number, dueMs: number): number {
    const nowMs = this.#timeline.monotonicMs();
    let trueDelayMs = delayMs / this.#rate;
    while (this.#monotonicAt(nowMs + trueDelayMs) < dueMs) trueDelayMs += TICK_MS;
    return trueDelayMs;
  }
}
