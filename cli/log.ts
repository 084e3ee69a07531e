import { destination, type LevelWithSilent, pino } from "pino";
import type { Log } from "../shared/ports/log.js";

const STDERR = 2;

/** Logs JSON lines to stderr, each with the part of the cell that it is about. Written at once, so that none is lost. */
export function openLog(level: LevelWithSilent, part: string): Log {
  return pino({ level, base: { part } }, destination({ fd: STDERR, sync: true }));
}
