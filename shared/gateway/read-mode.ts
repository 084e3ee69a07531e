import { LIMITS } from "../protocol/limits.js";
import type { ReadMode } from "./cell-service.js";

/**
 * The read mode that `Cache-Control` asks for (RFC 9111, section 5.2.1): `no-cache`, `no-store` and `max-age=0` ask the
 * master; `max-stale`, with or without seconds, takes an old answer, never older than permissions may be.
 * Other directives mean nothing here.
 */
export function readMode(cacheControl: string | undefined): ReadMode {
  if (cacheControl === undefined) return {};
  const mode: { bypass?: boolean; maxStaleMs?: number } = {};
  for (const directive of cacheControl.toLowerCase().split(",")) {
    const [name, value] = directive.split("=").map((part) => part.trim().replaceAll('"', ""));
    if (name === "no-cache" || name === "no-store" || (name === "max-age" && value === "0")) mode.bypass = true;
    if (name === "max-stale") mode.maxStaleMs = staleMs(value);
  }
  return mode;
}

function staleMs(seconds: string | undefined): number {
  if (seconds === undefined || seconds === "") return LIMITS.staleMsMax;
  return /^\d+$/.test(seconds) ? Math.min(Number(seconds) * 1000, LIMITS.staleMsMax) : 0;
}
