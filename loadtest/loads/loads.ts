import { BadValue } from "../../cli/values.js";
import type { Load } from "./load.js";
import { httpReads, misses, socketReads } from "./reads.js";
import { renewals } from "./renewals.js";
import { anchors, durableLocks, keepAlives, watchEvents } from "./sessions.js";
import { heldPairs, unheldPairs } from "./writes.js";

/** All kinds of work that are measured one by one. */
export const LOADS: readonly Load[] = [
  httpReads,
  socketReads,
  keepAlives,
  misses,
  unheldPairs,
  heldPairs,
  anchors,
  durableLocks,
  watchEvents,
  renewals,
];

/** @throws BadValue */
export function loadOf(name: string): Load {
  const load = LOADS.find((each) => each.name === name);
  if (load === undefined) throw new BadValue(`none of ${LOADS.map((each) => each.name).join(", ")}`);
  return load;
}
