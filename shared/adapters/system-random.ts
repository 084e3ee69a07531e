import { randomBytes, randomFillSync, randomUUID } from "node:crypto";
import type { Random } from "../ports/random.js";

const POOL_BYTES = 8192;
const FRACTION_BYTES = 6;

/** One call to the system's generator costs as much for eight bytes as for thousands, so they are drawn in bulk. */
const pool = Buffer.alloc(POOL_BYTES);
let used = POOL_BYTES;

/** Where in the pool the next unused bytes are; at most `POOL_BYTES` may be asked for. */
function take(bytes: number): number {
  if (used + bytes > POOL_BYTES) {
    randomFillSync(pool);
    used = 0;
  }
  used += bytes;
  return used - bytes;
}

/** The cryptographic generator of this machine. */
export const systemRandom: Random = {
  hex(bytes) {
    if (bytes > POOL_BYTES) return randomBytes(bytes).toString("hex");
    const from = take(bytes);
    const text = pool.toString("hex", from, from + bytes);
    pool.fill(0, from, from + bytes); // may have been a secret: leave no copy
    return text;
  },
  uuid: () => randomUUID(),
  fraction: () => pool.readUIntBE(take(FRACTION_BYTES), FRACTION_BYTES) / 2 ** (8 * FRACTION_BYTES),
};
