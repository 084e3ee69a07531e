import { faultBody } from "../answers.js";
import type { WatchedEvent } from "../watch/watched-event.js";
import { type Frames, frame } from "./frames.js";

/** Made once for all that follow: an event is the same object for each of them. */
const written = new WeakMap<WatchedEvent, string>();

/**
 * Octofleet's own frames. The id is the revision, so `Last-Event-ID` resumes at any gateway; the last change of a
 * commit alone bears it, for in the middle of a commit there is no place to go on from.
 *
 * @param retryMs when a client should come back if the stream breaks
 */
export function eventFrames(requestId: string, retryMs: number): Frames {
  return {
    started({ revision, locks }) {
      const first = locks === undefined ? ":\n\n" : frame("snapshot", JSON.stringify({ revision, locks }), revision);
      return `retry: ${retryMs}\n${first}`;
    },
    event(event, more) {
      if (more) return frame(event.event, `{${event.tail}`);
      const known = written.get(event);
      if (known !== undefined) return known;
      const made = frame(event.event, `{${event.tail}`, event.revision);
      written.set(event, made);
      return made;
    },
    resync: ({ revision, locks }) => frame("resync", JSON.stringify({ revision, locks }), revision),
    ended: (fault) => frame("ended", JSON.stringify(faultBody(fault, requestId))),
  };
}
