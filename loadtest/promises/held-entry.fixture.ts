import type { Answer } from "../../shared/protocol/commands.js";
import type { Filled, RegisterRequest } from "../../shared/protocol/link.js";
import { SimCell } from "./sim-cell.fixture.js";
import type { SimProxy } from "./sim-machines.fixture.js";

/** A cell in which alice holds `x` and one proxy, the last, has the entry in its cache. */
export interface HeldEntry {
  readonly cell: SimCell;
  readonly holder: SimProxy;
  /** The holder's index. */
  readonly at: number;
  /** Changes the metadata of `x`, which was "0", at the master's own door. */
  readonly set: (to: string) => Promise<Answer>;
}

export async function withHolder({ proxies = 2 } = {}): Promise<HeldEntry> {
  const cell = await SimCell.start({ proxies });
  const lease = await cell.take("master", "alice", "x", { metadata: "0" });
  const at = proxies - 1;
  await cell.readNow(at, "x");
  return { cell, holder: cell.proxy(at), at, set: (to) => cell.setMetadata("master", "alice", "x", lease, to) };
}

/** A registration as a proxy sends it, for tests that speak to the master by hand. */
export const registration = (changes: Partial<RegisterRequest> = {}): RegisterRequest => ({
  ...{ name: "by hand", url: "", zone: "", givesUp: null, process: "by hand", attempt: 1 },
  ...{ sessions: [], ended: [] },
  ...changes,
});

/** What a renewal says of the sessions of a proxy that holds none. */
export const NO_SESSIONS = { ended: [], sessions: { count: 0, digest: "0".repeat(16), asOf: 0 }, goneSeen: 0 };

/** A fill of one key, sent straight to the master, which takes it in this very turn. */
export async function fillOne(cell: SimCell, epoch: number, proxyId: string | null, key: string): Promise<Filled> {
  const { filled } = await cell.masterLink.fill({ epoch, proxyId, keys: [key] });
  return filled[0] as Filled;
}
