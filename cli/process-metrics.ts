import { collectDefaultMetrics, Registry } from "prom-client";

/** A registry that tells of the process itself already: CPU time, memory, event loop, garbage collection. */
export function processMetrics(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
}
