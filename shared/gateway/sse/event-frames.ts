import { faultBody } from "../answers.js";
import type { WatchState } from "../watch/watch.js";
import type { WatchedEvent } from "../watch/watched-event.js";
import { type Frames, frame } from "./frames.js";

export interface EventFramesParts {
  readonly requestId: string;
  /** When a client should come back if the stream breaks. */
  readonly retryMs: number;
  /** Whether it asked to go on where an earlier stream was. */
  readonly resumes: boolean;
}

/** Made once for all that follow: an event is the same object for each of them. */
const written = new WeakMap<WatchedEvent, string>();

/**
 * Octofleet's own frames. The id is the revision, so `Last-Event-ID` resumes at any gateway; the last change of a
 * commit alone bears it, for in the middle of a commit there is no place to go on from.
 */
export function eventFrames({ requestId, retryMs, resumes }: EventFramesParts): Frames {
  const state = (word: string, { revision, locks }: WatchState): string =>
    frame(word, JSON.stringify({ revision, locks }), revision);
  return {
    started({ revision, locks }) {
      // Who wanted to go on and gets a state has missed changes that nobody can tell any more.
      const first = locks === undefined ? ":\n\n" : state(resumes ? "resync" : "snapshot", { revision, locks });
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
    resync: (present) => state("resync", present),
    ended: (fault) => frame("ended", JSON.stringify(faultBody(fault, requestId))),
  };
}
