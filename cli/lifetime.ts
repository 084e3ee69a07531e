import type { Clock } from "../shared/ports/clock.js";
import { EXIT_CODES, exitErrorOf, operationError } from "./exit-error.js";
import type { Terminal } from "./terminal.js";

const STOP_WITHIN_MS = 10_000;
/** npm hands a Ctrl-C on to a process that the terminal has told of it already: that is one Ctrl-C, not two. */
const SAME_PRESS_MS = 300;
const STOPPED_BY_FORCE = 130;

/** What a command keeps running. */
export interface Running {
  /** Resolves if it cannot go on. */
  readonly failed?: Promise<Error>;
  /** Called at each SIGHUP. Must not reject. */
  hangUp(): Promise<"stay" | "stop">;
  /** Ends it in good order. */
  stop(): Promise<void>;
}

/**
 * Starts something and keeps it until SIGINT, SIGTERM or its own failure; then stops it in good order, but
 * waits no longer than 10 s for that, beside what clients get to move elsewhere. A second SIGINT or SIGTERM ends the process at once.
 *
 * Resolves with the exit code: 0 if it was asked to stop and did. Rejects if it did not start or not stop.
 */
export async function keepRunning(
  clock: Clock,
  terminal: Terminal,
  start: () => Promise<Running>,
  drainMs = 0,
): Promise<number> {
  const asked = whenAsked(clock, terminal);
  const hangUps = new HangUps();
  const running = await Promise.race([start(), asked.then(() => overdue(clock))]);
  const failure = await Promise.race([asked, hangUps.handTo(running), running.failed ?? never]);
  if (failure) terminal.complain(exitErrorOf(failure).message);
  await Promise.race([running.stop(), overdue(clock, drainMs)]);
  if (failure) return EXIT_CODES.operation;
  terminal.say("Stopped.");
  return 0;
}

const never = new Promise<never>(() => {});

/** Resolves at the first request to stop, and ends the process at the second. */
function whenAsked(clock: Clock, terminal: Terminal): Promise<void> {
  return new Promise((resolve) => {
    let firstMs: number | undefined;
    const onSignal = (): void => {
      const nowMs = clock.monotonicMs();
      if (firstMs !== undefined && nowMs - firstMs < SAME_PRESS_MS) return;
      if (firstMs !== undefined) process.exit(STOPPED_BY_FORCE);
      firstMs = nowMs;
      terminal.say("\nStopping. Once more to stop at once.");
      resolve();
    };
    process.on("SIGINT", onSignal);
    process.on("SIGTERM", onSignal);
  });
}

/** The SIGHUPs, also one that comes before there is anything running to hand it to: unheard, it would end the process. */
class HangUps {
  #waits = false;
  #onHangUp = (): void => {
    this.#waits = true;
  };

  constructor() {
    process.on("SIGHUP", () => this.#onHangUp());
  }

  /** Resolves if a SIGHUP means the end. */
  handTo(running: Running): Promise<void> {
    return new Promise((resolve) => {
      this.#onHangUp = () => {
        void running.hangUp().then((what) => {
          if (what === "stop") resolve();
        });
      };
      if (this.#waits) this.#onHangUp();
    });
  }
}

function overdue(clock: Clock, drainMs = 0): Promise<never> {
  return new Promise((_resolve, reject) => {
    const withinMs = STOP_WITHIN_MS + drainMs;
    const error = operationError(`it did not stop within ${withinMs / 1_000} s and was left as it was`);
    clock.after(withinMs, () => reject(error));
  });
}
