import type { Clock } from "../ports/clock.js";

/** The promise, but rejected with the signal's reason once that is aborted; what is waited for goes on. */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  promise.catch(() => {}); // may be left by everybody
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

/** Resolves after a time, or rejects with the signal's reason as soon as that is aborted. */
export function pause(clock: Clock, durationMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const abort = () => {
      timer.cancel();
      reject(signal?.reason);
    };
    const timer = clock.after(durationMs, () => {
      signal?.removeEventListener("abort", abort);
      resolve();
    });
    signal?.addEventListener("abort", abort, { once: true });
  });
}

/** Resolves when the promise is settled, or after a time. */
export function settledWithin(clock: Clock, promise: Promise<unknown>, withinMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.after(withinMs, resolve);
    const settled = () => {
      timer.cancel();
      resolve();
    };
    promise.then(settled, settled);
  });
}
