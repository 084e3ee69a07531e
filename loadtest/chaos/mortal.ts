import type { Clock, Timer } from "../../shared/ports/clock.js";
import type { Child } from "../cluster/child.js";
import type { Cleanup } from "../cluster/cleanup.js";
import { eventually } from "../cluster/within.js";

const READY_MS = 20_000;
/** A server gives up a stop by itself before that: after 10 s, and the time that its clients get to leave. */
const STOP_MS = 15_000;
/** A start may fail because somebody borrowed the port meanwhile. */
const START_TRIES = 3;

/** A program that is started again and again. */
export interface Program {
  readonly name: string;
  launch(): Promise<Child>;
  /** Of a stop in good order. */
  readonly exitCodes: readonly number[];
  /** Whether it serves. */
  isUp(): Promise<true | undefined>;
  /** To be heard before it is killed. */
  farewell?(child: Child): Promise<void>;
}

/** A process that may be killed, stopped and started, one after the other. */
export class Mortal {
  readonly name: string;
  /** When each of its lives ended, in order. */
  readonly ends: number[] = [];
  readonly #program: Program;
  readonly #clock: Clock;
  readonly #onMishap: (what: string) => void;
  readonly #waits = new Set<{ end(): void }>();
  #child: Child | undefined;
  #work: Promise<void> = Promise.resolve();
  #isHealed = false;
  #isOver = false;

  constructor(parts: { program: Program; clock: Clock; cleanup: Cleanup; onMishap: (what: string) => void }) {
    this.#program = parts.program;
    this.name = parts.program.name;
    this.#clock = parts.clock;
    this.#onMishap = parts.onMishap;
    parts.cleanup.add(() => this.end());
  }

  /** The process that lives now, if there is one. */
  get child(): Child | undefined {
    return this.#child;
  }

  /** Resolves when it serves. Rejects with its last words if it does not, and if it is ended meanwhile. */
  async start(): Promise<void> {
    for (let tried = 1; ; tried++) {
      if (this.#isOver) throw new Error(`${this.name} was ended`);
      const child = await this.#program.launch();
      this.#child = child;
      void child.gone.then(() => this.ends.push(this.#clock.monotonicMs()));
      if (this.#isOver) await this.end();
      const died = child.gone.then((how) => this.#lost(child, how));
      const up = eventually(READY_MS, () => this.#program.isUp(), `${this.name} did not come up`).then(() => undefined);
      const failure = await Promise.race([up, died]);
      if (failure === undefined && !this.#isOver) {
        void died.then((what) => {
          if (what !== undefined) this.#onMishap(what);
        });
        return;
      }
      if (this.#child === child) this.#child = undefined;
      if (failure !== undefined && tried === START_TRIES) throw new Error(failure);
    }
  }

  /** SIGKILL; started again after a while. It may be stopped first: its sockets stay open for so long. */
  kill(downMs: number, stoppedMs = 0): Promise<void> {
    return this.#inTurn(async () => {
      const child = this.#take();
      try {
        if (child !== undefined) await this.#program.farewell?.(child);
        if (stoppedMs > 0) child?.process.kill("SIGSTOP");
        await this.#wait(stoppedMs);
      } finally {
        await child?.kill();
      }
      await this.#wait(downMs);
      await this.start();
    });
  }

  /** SIGTERM; started again a while after it has ended. */
  restart(downMs: number): Promise<void> {
    return this.#inTurn(() => this.#stopAndStart(downMs));
  }

  /** As `restart`, for one that was healed. Rejects if it does not come up. */
  renew(): Promise<void> {
    return this.#stopAndStart(0);
  }

  async #stopAndStart(downMs: number): Promise<void> {
    const child = this.#take();
    await child?.stop(STOP_MS);
    const how = await child?.gone;
    if (child !== undefined && !this.#isOrderly(how as string))
      this.#onMishap(`${this.name} was asked to stop and ${how}:\n${child.tail()}`);
    await this.#wait(downMs);
    await this.start();
  }

  /** SIGSTOP; SIGCONT after a while. */
  pause(forMs: number): Promise<void> {
    return this.#inTurn(async () => {
      const { process } = this.#child ?? {};
      process?.kill("SIGSTOP");
      await this.#wait(forMs);
      process?.kill("SIGCONT");
    });
  }

  /** Stands still for a while, also when it was healed. */
  async standStill(forMs: number): Promise<void> {
    const { process } = this.#child ?? {};
    process?.kill("SIGSTOP");
    await new Promise<void>((resolve) => void this.#clock.after(forMs, resolve));
    process?.kill("SIGCONT");
  }

  /** It says its last words, and stands still from then on until the end: its sockets stay open. */
  async abandon(): Promise<void> {
    if (this.#child === undefined) return;
    await this.#program.farewell?.(this.#child);
    this.#child?.process.kill("SIGSTOP");
  }

  /** Ends what is wrong with it. Resolves when it is up. */
  async heal(): Promise<void> {
    this.#isHealed = true;
    for (const wait of this.#waits) wait.end();
    await this.#work;
  }

  /** Kills it for good. */
  async end(): Promise<void> {
    this.#isOver = true;
    for (const wait of this.#waits) wait.end();
    await this.#take()?.kill();
  }

  #inTurn(act: () => Promise<void>): Promise<void> {
    const turn = this.#work.then(async () => {
      if (this.#isHealed || this.#isOver) return;
      await act().catch((error: Error) => {
        if (!this.#isOver) this.#onMishap(error.message);
      });
    });
    this.#work = turn;
    return turn;
  }

  /** From now on its end is no surprise. */
  #take(): Child | undefined {
    const child = this.#child;
    this.#child = undefined;
    return child;
  }

  /** Answers how it went, where it was not we who ended it. */
  #lost(child: Child, how: string): string | undefined {
    if (this.#child !== child || this.#isOver) return undefined;
    return `${this.name} ${how} by itself:\n${child.tail()}`;
  }

  #isOrderly(how: string): boolean {
    return this.#program.exitCodes.some((code) => how === `ended with exit code ${code}`);
  }

  #wait(forMs: number): Promise<void> {
    return new Promise((resolve) => {
      let timer: Timer | undefined;
      const wait = {
        end: () => {
          timer?.cancel();
          this.#waits.delete(wait);
          resolve();
        },
      };
      this.#waits.add(wait);
      timer = this.#clock.after(forMs, wait.end);
      if (this.#isHealed || this.#isOver) wait.end();
    });
  }
}
