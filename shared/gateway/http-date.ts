import type { Clock } from "../ports/clock.js";

/** The `Date` header (RFC 9110, section 5.6.7) of this instant; made once a second. */
export function httpDates(clock: Pick<Clock, "wallMs">): () => string {
  let second = Number.NaN;
  let text = "";
  return () => {
    const now = Math.floor(clock.wallMs() / 1_000);
    if (now !== second) {
      second = now;
      text = new Date(now * 1_000).toUTCString();
    }
    return text;
  };
}
