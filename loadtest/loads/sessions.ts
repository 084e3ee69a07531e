import { Crowd } from "../bench/crowd/crowd.js";
import { startLoopers } from "../bench/locks/loopers.js";
import { publishOnce } from "../bench/watch/publish.js";
import { Watchers } from "../bench/watch/watchers.js";
import { callerAt, inParallel, namesOf } from "./callers.js";
import type { Load } from "./load.js";
import { Talker } from "./talker.js";

const SESSIONS = 500;
const LEASE_MS = 12_000;
const WATCHERS = 1_000;
const LOCK_SESSIONS = 200;

export const keepAlives: Load = {
  name: "sessions",
  operation: `KeepAlive (${SESSIONS} sessions, one in flight each)`,
  async prepare({ cleanup, proxy, token }) {
    const crowd = new Crowd(cleanup, { leaseMs: LEASE_MS, sessionsPerProcess: SESSIONS });
    await crowd.growTo(SESSIONS, [{ url: proxy.url, token }]);
    return async (seconds) => {
      const before = await crowd.look();
      await crowd.race(seconds * 1_000);
      return (await crowd.look()).answered - before.answered;
    };
  },
};

export const anchors: Load = {
  name: "anchor",
  operation: "session that opens, acquires a lock (anchored), and closes, WebSocket",
  async prepare({ cleanup, proxy, tokens }) {
    const names = namesOf("load/anchor");
    const talkers = await Promise.all(names.map((_, at) => Talker.open(cleanup, proxy.url, tokens[at] as string)));
    let operations = 0;
    return (seconds) =>
      inParallel(seconds, async (caller) => {
        operations += 1;
        const operationId = `anchor-${operations}`;
        const talker = talkers[caller] as Talker;
        const { sessionId } = await talker.ask({ type: "openSession" }, "sessionOpened");
        const write = {
          sessionId: String(sessionId),
          operationId,
          name: names[caller] as string,
        };
        await talker.ask({ type: "acquire", ...write }, "acquired");
        await talker.ask({ type: "closeSession", sessionId: String(sessionId) }, "sessionClosed");
      });
  },
};

export const durableLocks: Load = {
  name: "locks",
  operation: `acquire or release of a session's own lock (${LOCK_SESSIONS} sessions), WebSocket`,
  async prepare({ cleanup, proxy, tokens }) {
    const loop = await startLoopers(cleanup, { url: proxy.url, tokens, sessions: LOCK_SESSIONS });
    return async (seconds) => (await loop(seconds)).requests.total;
  },
};

export const watchEvents: Load = {
  name: "watch",
  operation: `event told to one of ${WATCHERS} watchers of a key, WebSocket`,
  async prepare(on) {
    const { cleanup, cell, proxy, token } = on;
    const name = "load/watched";
    const call = callerAt(on, cell.master.url);
    const { lease_id } = await call("POST", `/locks/${name}/acquire`, { ttl_seconds: 3_600 });
    const watchers = await Watchers.open(cleanup, WATCHERS, [{ url: proxy.url, token }], name);
    const publish = (mark: string) => call("PUT", `/locks/${name}/metadata`, { lease_id, metadata: mark });
    return async (seconds) => {
      const untilMs = performance.now() + seconds * 1_000;
      let told = 0;
      while (performance.now() < untilMs) told += (await publishOnce(watchers, publish)).toldMs.length;
      return told;
    };
  },
};
