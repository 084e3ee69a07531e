import { type CellFlags, startCell } from "../cluster/cell.js";
import type { Cleanup } from "../cluster/cleanup.js";
import type { LoadedCell } from "./load.js";

/** Nobody is put off: what an operation costs is asked, not how a proxy protects itself. */
const UNBOUNDED = ["--sockets-per-s", "1000000", "--fill-keys-per-s", "1000000"];

const USERS = 40;

export async function startLoadedCell(cleanup: Cleanup, flags: CellFlags = {}): Promise<LoadedCell> {
  const cell = await startCell(cleanup, USERS, { ...flags, proxy: [...UNBOUNDED, ...(flags.proxy ?? [])] });
  const { tokens } = cell;
  return { cleanup, cell, proxy: await cell.startProxy(), token: tokens[0] as string, tokens };
}
