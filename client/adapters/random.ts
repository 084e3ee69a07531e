import type { Random } from "../ports/random.js";

/** The cryptographic generator of this machine, in Node as in a browser. */
export const realRandom: Random = {
  hex(bytes) {
    const drawn = crypto.getRandomValues(new Uint8Array(bytes));
    return Array.from(drawn, (byte) => byte.toString(16).padStart(2, "0")).join("");
  },
  fraction: () => (crypto.getRandomValues(new Uint32Array(1))[0] as number) / 2 ** 32,
};
