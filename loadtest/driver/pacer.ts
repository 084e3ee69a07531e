const TICK_MS = 2;

/** What a pacer keeps to. */
export interface Pace {
  /** Operations in all. */
  readonly total: number;
  readonly perSecond: number;
  /** No more operations than this are under way; what is due then waits. */
  readonly inFlightMax: number;
}

/**
 * Starts operations at a steady pace, whether or not the earlier ones have been answered: a slow server
 * is asked as often as a fast one. What falls behind is made up for. Resolves when the last was started.
 */
export function paced(pace: Pace, inFlight: () => number, start: () => void): Promise<void> {
  const begunMs = performance.now();
  let started = 0;
  return new Promise((resolve) => {
    const tick = (): void => {
      const due = Math.min(pace.total, Math.ceil(((performance.now() - begunMs) / 1000) * pace.perSecond));
      for (; started < due && inFlight() < pace.inFlightMax; started += 1) start();
      if (started === pace.total) resolve();
      else setTimeout(tick, TICK_MS);
    };
    tick();
  });
}
