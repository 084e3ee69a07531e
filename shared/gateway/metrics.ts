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
  "unwatch",
  "cancel_acquire",
  "open_session",
  "resume_session",
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

/** What is looked up when Prometheus asks. */
export interface GatewayGauges {
  sessions(): number;
  sockets(): number;
  readonly watches: { readonly size: number; readonly events: number; readonly resyncs: number };
}

/** Counts of the front doors. Plain numbers, handed to Prometheus only when it asks: a label lookup costs as much as a read. */
export class GatewayMetrics {
  /** By operation, then by the first digit of the status. */
  readonly #requests = Object.fromEntries(OPERATIONS.map((each) => [each, [0, 0, 0, 0, 0, 0]])) as Record<
    Operation,
    number[]
  >;
  readonly #answers: Record<ReadSource, number> = { hit: 0, miss: 0, bypass: 0, stale: 0 };

  constructor(registry: Registry, gauges: GatewayGauges) {
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
    const { watches } = gauges;
    gauge(registry, "octofleet_gateway_sessions", "Sessions open at this gateway.", () => gauges.sessions());
    gauge(registry, "octofleet_gateway_sockets", "WebSockets open at this gateway.", () => gauges.sockets());
    gauge(registry, "octofleet_gateway_watches", "Watches open at this gateway.", () => watches.size);
    counter(registry, "octofleet_watch_events_total", "Changes told to watches.", () => watches.events);
    const help = "How often a watch had missed changes and was told the state instead.";
    counter(registry, "octofleet_watch_resyncs_total", help, () => watches.resyncs);
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

function gauge(registry: Registry, name: string, help: string, value: () => number): void {
  new Gauge({
    ...{ name, help, registers: [registry] },
    collect() {
      this.set(value());
    },
  });
}

function counter(registry: Registry, name: string, help: string, value: () => number): void {
  new Counter({
    ...{ name, help, registers: [registry] },
    collect() {
      this.reset();
      this.inc(value());
    },
  });
}
