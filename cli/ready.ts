import type { CellService } from "../shared/gateway/cell-service.js";
import type { Clock } from "../shared/ports/clock.js";

const LOOK_EVERY_MS = 20;

/** Resolves when all of them serve, or, if a limit is given, when it is over. */
export function untilReady(clock: Clock, services: readonly CellService[], limitMs = Infinity): Promise<void> {
  const untilMs = clock.monotonicMs() + limitMs;
  return new Promise((resolve) => {
    const look = (): void => {
      const done = services.every((service) => service.readiness().ready) || clock.monotonicMs() >= untilMs;
      if (done) resolve();
      else clock.after(LOOK_EVERY_MS, look);
    };
    look();
  });
}
