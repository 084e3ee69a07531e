import type { Clock } from "../../ports/clock.js";
import { timestamp } from "../timestamps.js";
import type { LockEvent } from "../watch/watched-event.js";
import type { Frames } from "./frames.js";

/** What OctoStore calls the changes. Its frames do not show metadata, so a change of it alone has none. */
const WORDS: Readonly<Record<LockEvent, string | undefined>> = {
  acquired: "acquired",
  renewed: "renewed",
  released: "released",
  expired: "expired",
  metadata: undefined,
};

interface Shown {
  readonly fencing_token: number;
  readonly expires_at: string | null;
}

/**
 * The frames of OctoStore's watch of one lock: the state first, then what happens. There are no ids in them, and no
 * word for what was missed; so then the stream ends, as it does there, and the next one begins with the state.
 */
export function octoStoreFrames(name: string, clock: Clock): Frames {
  function data(word: string, lock: Shown | undefined): string {
    const isHeld = word === "acquired" || word === "renewed";
    return `data: ${JSON.stringify({
      event: word,
      lock_name: name,
      ...(isHeld && lock !== undefined && { fencing_token: lock.fencing_token, expires_at: lock.expires_at }),
      observed_at: timestamp(clock.wallMs()),
    })}\n\n`;
  }

  return {
    started: ({ locks = [] }) => data(locks.length > 0 ? "acquired" : "released", locks[0]),
    event({ event, lock }) {
      const word = WORDS[event];
      return word === undefined ? undefined : data(word, lock);
    },
    resync: () => undefined,
    ended: () => undefined,
  };
}
