import type { Random } from "../ports/random.js";

const TAILS = Array.from({ length: 256 }, (_, n) => n.toString(16).padStart(2, "0"));

/**
 * Makes request ids: `req_` and 32 hex digits, never twice the same. 120 random bits are drawn for every
 * 256 ids, and the last two digits count, so that an id costs next to nothing.
 */
export function requestIds(random: Random): () => string {
  let head = "";
  let used = TAILS.length;
  return () => {
    if (used === TAILS.length) {
      head = `req_${random.hex(15)}`;
      used = 0;
    }
    return head + TAILS[used++];
  };
}
