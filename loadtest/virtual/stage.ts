import type { Cell } from "../cluster/cell.js";
import type { Cleanup } from "../cluster/cleanup.js";
import type { CapacitySizes } from "./findings.js";
import type { VirtualFleet } from "./virtual-fleet.js";

/** A cell and its virtual proxies. */
export interface Stage {
  readonly cleanup: Cleanup;
  readonly cell: Cell;
  readonly fleet: VirtualFleet;
  readonly sizes: CapacitySizes;
}
