import type { Drain } from "../shared/gateway/gateway.js";

/** How a gateway sends its clients elsewhere when it stops; undefined: it does not. */
export function drainOf({ drainMs }: { readonly drainMs: number }, self?: string): Drain | undefined {
  if (drainMs === 0) return undefined;
  return { withinMs: drainMs, ...(self !== undefined && { self }) };
}
