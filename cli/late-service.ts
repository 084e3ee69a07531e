import type { CellService } from "../shared/gateway/cell-service.js";
import { Fault } from "../shared/protocol/errors.js";

const RETRY_AFTER_MS = 500;

export interface LateService {
  /** What a gateway may stand before from the beginning. */
  readonly service: CellService;
  /** What is being waited for now, as a sentence. */
  waitFor(what: string): void;
  /** From now on the real one answers. */
  serveWith(real: CellService): void;
}

/**
 * A service that is still being started. So a gateway listens first: a port in use is found before the
 * journal is touched, a proxy knows its own address before it registers, and `/health` and `/readyz` can say what
 * is being waited for.
 */
export function lateService(role: "master" | "proxy", atFirst: string): LateService {
  let waitingFor = atFirst;
  let current: CellService = {
    readCached: () => undefined,
    read: async () => refuse(),
    execute: async () => refuse(),
    mayKeepAlive: () => false,
    readiness: () => ({
      ...{ ready: false, isStarting: true, reason: waitingFor },
      ...{ bus: "off", role, epoch: 0, revision: 0 },
    }),
    get sessions() {
      return refuse();
    },
    get feed() {
      return refuse();
    },
  };
  const refuse = (): never => {
    throw new Fault("overloaded", waitingFor, { retryAfterMs: RETRY_AFTER_MS });
  };
  return {
    service: {
      readCached: (keys) => current.readCached(keys),
      read: (keys, mode) => current.read(keys, mode),
      execute: (write) => current.execute(write),
      mayKeepAlive: () => current.mayKeepAlive(),
      readiness: () => current.readiness(),
      get sessions() {
        return current.sessions;
      },
      get feed() {
        return current.feed;
      },
    },
    waitFor: (what) => {
      waitingFor = what;
    },
    serveWith: (real) => {
      current = real;
    },
  };
}
