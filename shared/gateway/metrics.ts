import { Counter, Gauge, type Registry } from "prom-client";
import type { ReadSource } from "./cell-service.js";

export const OPERATIONS = [
  "acquire",
  "renew",
  "release",
  "set_metadata",
  "status",
  "list",
  "watch",
  "open_session",
  "keepalive",
  "show_session",
  "close_session",
  "proxies",
  "health",
  "readyz",
  "other",
] as const;
/** What a request wanted, in the label `operation`. */
export type Operation = (typeof OPERATIONS)[number];

const SOURCES: readonly ReadSource[] = ["hit", "miss", "bypass", "stale"];

/** Counts of the front doors. Plain numbers, handed to Prometheus only when it asks: a label lookup costs as much as a read. */
export class GatewayMetrics {
  /** By operation, then by the first digit of the status. */
  readonly #requests = Object.fromEntries(OPERATIONS.map((each) => [each, [0, 0, 0, 0, 0, 0]])) as Record<
    Operation,
    number[]
  >;
  readonly #answers: Record<ReadSource, number> = { hit: 0, miss: 0, bypass: 0, stale: 0 };

  /** @param sessions tells how many sessions are open. */
  constructor(registry: Registry, sessions: () => number) {
    const requests = this.#requests;
    const answers = this.#answers;
    new Counter({
      name: "octofleet_gateway_requests_total",
      help: "Requests answered, by what they wanted and the class of the HTTP status.",
      labelNames: ["operation", "class"],
      registers: [registry],
      collect() {
        this.reset();
        for (const operation of OPERATIONS) {
          for (const [digit, count] of requests[operation].entries()) {
            if (count > 0) this.inc({ operation, class: `${digit}xx` }, count);
          }
        }
      },
    });
    new Counter({
      name: "octofleet_cache_answers_total",
      help: "Reads answered, by where the answer came from.",
      labelNames: ["source"],
      registers: [registry],
      collect() {
        this.reset();
        for (const source of SOURCES) this.inc({ source }, answers[source]);
      },
    });
    new Gauge({
      name: "octofleet_gateway_sessions",
      help: "Sessions open at this gateway.",
      registers: [registry],
      collect() {
        this.set(sessions());
      },
    });
  }

  /** Counts an answered request by its HTTP status (of a WebSocket error: the one that it would have over HTTP). */
  answered(operation: Operation, status: number): void {
    const byClass = this.#requests[operation];
    const digit = (status / 100) | 0;
    byClass[digit] = (byClass[digit] as number) + 1;
  }

  read(source: ReadSource): void {
    this.#answers[source] += 1;
  }
}
