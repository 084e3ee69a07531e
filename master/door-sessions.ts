import type { Feed } from "../shared/gateway/feed.js";
import type { SessionsParts } from "../shared/sessions/parts.js";
import { Sessions } from "../shared/sessions/sessions.js";
import type { Decider } from "./decider.js";
import type { AnchoredSessions } from "./sessions/anchored-sessions.js";
import { MASTER_DOOR } from "./sessions/bindings.js";

interface DoorParts extends Pick<SessionsParts, "clock" | "random" | "read"> {
  readonly decider: Decider;
  readonly anchored: AnchoredSessions;
  readonly feed: Feed;
}

/** The sessions of the master's own gateway: held as if by a proxy whose lease never ends, with nothing in between. */
export function doorSessions({ clock, random, read, decider, anchored, feed }: DoorParts): Sessions {
  const sessions = new Sessions({
    ...{ clock, random, read },
    mayKeepAlive: () => true,
    execute: (write) => decider.decide(write, MASTER_DOOR),
    ended: (session) => {
      anchored.report([session], MASTER_DOOR);
      sessions.endConfirmed([session]);
    },
  });
  feed.follow({
    onCommit: ({ grants }) => {
      for (const grant of grants ?? []) sessions.granted(grant);
    },
    onLost: () => sessions.grantsLost(),
  });
  return sessions;
}
