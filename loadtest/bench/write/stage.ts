import type { Cell } from "../../cluster/cell.js";
import type { Cleanup } from "../../cluster/cleanup.js";
import { acquireLock } from "../lock.js";
import { type Serving, servingOf } from "../pace.js";
import { callerOf } from "./caller.js";
import { type Counted, counting } from "./counted.js";
import type { Fleet } from "./fleet.js";
import type { Floor } from "./floor.js";

const HELD = "/locks/bench/held";
const UNHELD = "/locks/bench/unheld";

/** Writes to one lock, each of which is sure to change it. Resolves with how long it took, in milliseconds. */
type WriteOnce = () => Promise<number>;

/** All that the measurements of writes act upon. */
export interface Stage {
  readonly floor: Floor;
  readonly fleet: Fleet;
  /** The master and the proxies. */
  readonly serving: Serving;
  /** To the lock that the proxies hold when they were told to. */
  readonly writeHeld: WriteOnce;
  /** To a lock that no proxy was ever asked for. */
  readonly writeUnheld: WriteOnce;
  /** Resolves when every proxy has the lock in its cache. */
  hold(): Promise<void>;
  /** What the master counts while something is done. */
  counting<T>(work: () => Promise<T>): Promise<{ result: T; counted: Counted }>;
}

export async function setStage(cleanup: Cleanup, cell: Cell, fleet: Fleet, floor: Floor): Promise<Stage> {
  const headers = { authorization: `Bearer ${cell.tokens[0]}` };
  const { url } = cell.master;
  const put = callerOf(cleanup, url, headers);
  const writerOf = async (path: string): Promise<WriteOnce> => {
    const lease_id = await acquireLock(url, path, headers);
    let written = 0;
    return async () => {
      written += 1;
      return (await put(`${path}/metadata`, { lease_id, metadata: `primary at 10.0.0.${written}:8080` })).ms;
    };
  };
  return {
    floor,
    fleet,
    serving: servingOf(() => [cell.master.child.pid, ...fleet.pids]),
    writeHeld: await writerOf(HELD),
    writeUnheld: await writerOf(UNHELD),
    hold: () => fleet.hold(HELD, headers),
    counting: (work) => counting(url, work),
  };
}
