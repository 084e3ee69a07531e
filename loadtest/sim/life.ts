import type { SimProcess } from "../../shared/sim/sim-process.js";

/**
 * One life of a process, as the world around it meets it. The simulated clock alone holds back what a paused
 * process does by its timers; but calls and the completions of a disk come from outside, and would be dealt
 * with in the midst of a pause, or after death. So whatever enters a process, and whatever leaves it as the
 * answer to a call, passes through here: at once while it runs, at the end of a pause, never after its end.
 *
 * At the end of a pause what lies in the sockets comes before the timers that are due: so it is with an event
 * loop that was stopped while it waited for its sockets, which is where it mostly is.
 */
export class Life {
  readonly clock: SimProcess;
  readonly #inSockets: (() => void)[] = [];
  #state: "running" | "paused" | "over" = "running";
  #wasPaused = false;

  constructor(clock: SimProcess) {
    this.clock = clock;
  }

  get isOver(): boolean {
    return this.#state === "over";
  }

  get isPaused(): boolean {
    return this.#state === "paused";
  }

  /** Whether it ever was. */
  get wasPaused(): boolean {
    return this.#wasPaused;
  }

  pause(): void {
    if (this.#state !== "running") return;
    this.#wasPaused = true;
    this.#state = "paused";
    this.clock.pause();
  }

  /** A pause that only the wall clock tells of afterwards: the machine sleeps. */
  suspend(): void {
    if (this.#state !== "running") return;
    this.#state = "paused";
    this.clock.suspend();
  }

  resume(): void {
    if (this.#state !== "paused") return;
    this.#state = "running";
    for (const fn of this.#inSockets.splice(0)) this.clock.afterTurn(fn);
    this.clock.resume();
  }

  end(): void {
    this.#state = "over";
    this.clock.kill();
  }

  /** Does something in the process, as soon as it runs; never if it ends first. */
  enter(fn: () => void): void {
    if (this.#state === "running") fn();
    else if (this.#state === "paused") this.#inSockets.push(fn);
  }

  /** Calls into the process, or out of it. Of a process that ended the answer is never heard. */
  call<T>(fn: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        fn().then(
          (value) => this.enter(() => resolve(value)),
          (error: Error) => this.enter(() => reject(error)),
        );
      };
      this.enter(settle);
    });
  }
}
