import { fileURLToPath } from "node:url";
import type { Cleanup } from "../../cluster/cleanup.js";
import { startGenerator } from "../shots/generator.js";
import type { Cannon } from "../shots/shot.js";
import type { ReadersOpen } from "./reader.js";

const PROGRAM = fileURLToPath(new URL("./readers-process.js", import.meta.url));

/** Readers in a process of their own. Gives how to let them read for some seconds. */
export const openReaders = (cleanup: Cleanup, of: ReadersOpen): Promise<(seconds: number) => Promise<Cannon>> =>
  startGenerator(cleanup, PROGRAM, of);
