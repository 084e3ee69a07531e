import type { Crowd, Place } from "../crowd/crowd.js";
import { perSecond, sampleMaster } from "./samples.js";

/** What proxies cost the master while their sessions do nothing but live. */
export interface Renewals {
  readonly proxies: number;
  readonly sessions: number;
  readonly requestsPerS: number;
  readonly bytesPerS: number;
  /** KeepAlives that the proxies answered meanwhile. */
  readonly keepAlivesPerS: number;
  /** KeepAlives that were not answered as they should be, and sockets lost. */
  readonly failures: number;
}

/** The last sessions that were opened are told of nowhere any more after so long. */
const SETTLE_MS = 2_000;

/** Brings the crowd to so many sessions over the places, and watches the master for some seconds. */
export async function measureRenewals(
  stage: { readonly crowd: Crowd; readonly places: readonly Place[]; readonly masterUrl: string },
  sessions: number,
  seconds: number,
): Promise<Renewals> {
  const { crowd, places, masterUrl } = stage;
  await crowd.growTo(Math.floor(sessions / places.length), places);
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  const before = await crowd.look();
  const beganMs = performance.now();
  const watching = sampleMaster(masterUrl);
  await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
  const samples = await watching.stop();
  const after = await crowd.look();
  return {
    proxies: places.length,
    sessions: after.sessions,
    requestsPerS: perSecond(samples, ({ renews }) => renews),
    bytesPerS: perSecond(samples, ({ renewBytes }) => renewBytes),
    keepAlivesPerS: ((after.answered - before.answered) * 1_000) / (performance.now() - beganMs),
    failures: after.refused + after.lost,
  };
}
