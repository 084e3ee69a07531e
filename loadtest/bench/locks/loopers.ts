import { fileURLToPath } from "node:url";
import type { Cleanup } from "../../cluster/cleanup.js";
import { startGenerator } from "../shots/generator.js";
import type { LooperOpen } from "./looper.js";

const PROCESS = fileURLToPath(new URL("./loopers-process.js", import.meta.url));

/** Opens sessions in a process of their own, which take and give back a lock each while they are let run. */
export const startLoopers = (cleanup: Cleanup, of: LooperOpen) => startGenerator(cleanup, PROCESS, of);
