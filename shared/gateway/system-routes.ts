import type { Registry } from "prom-client";
import { type HttpAnswer, jsonAnswer, textAnswer } from "./answers.js";
import type { Readiness } from "./cell-service.js";

export interface SystemRoutes {
  readonly health: () => HttpAnswer;
  readonly readyz: () => HttpAnswer;
  readonly metrics: () => Promise<HttpAnswer>;
}

/** What load balancers and operators ask. Open to all: nothing here is a secret. */
export function systemRoutes(readiness: () => Readiness, sockets: () => number, registry: Registry): SystemRoutes {
  return {
    /** That the process answers, in OctoStore's words; of one that is starting, how far it has come. */
    health() {
      const { isStarting, reason, storageBytes } = readiness();
      const status = isStarting ? { status: "starting", reason } : { status: "ok" };
      return jsonAnswer(200, { ...status, storage: "wal", db_size_bytes: storageBytes ?? 0 });
    },
    /** Whether it serves. A lost bus makes it slower, not unready, and is told in `reason`; `sockets` tells clients its load. */
    readyz() {
      const { ready, role, bus, epoch, revision, reason } = readiness();
      return jsonAnswer(ready ? 200 : 503, {
        ready,
        ...(reason === undefined ? {} : { reason }),
        role,
        bus,
        epoch,
        revision,
        sockets: sockets(),
      });
    },
    metrics: async () => textAnswer(200, registry.contentType, await registry.metrics()),
  };
}
