import type { Counted } from "./counted.js";
import type { Stage } from "./stage.js";

/** Two writes, one after the other, while a proxy that held their key stood still. */
export interface Pause {
  readonly firstMs: number;
  readonly nextMs: number;
  /** For both together. */
  readonly counted: Counted;
}

/** Pauses a process with a proxy in it that holds the key, and writes the key twice. */
export async function measurePause(stage: Stage): Promise<Pause> {
  await stage.hold();
  const resume = stage.fleet.pauseOne();
  try {
    const { result, counted } = await stage.counting(async () => {
      const firstMs = await stage.writeHeld();
      return { firstMs, nextMs: await stage.writeHeld() };
    });
    return { ...result, counted };
  } finally {
    resume();
  }
}
