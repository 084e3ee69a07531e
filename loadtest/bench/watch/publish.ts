import { type Pace, paced, type Serving } from "../pace.js";
import { machineMs } from "../sessions/machine-time.js";
import { type Times, timesOf } from "../write/times.js";
import type { Watchers } from "./watchers.js";

/** How long it took to tell all watchers of some changes, in ms, counted from before the change was asked for. */
export interface Publishes {
  /** From change to change: until the last watcher was told. */
  readonly last: Times;
  /** Of all watchers and changes. */
  readonly any: Times;
}

/** The same, with how many were told in a second, and what that cost for each watcher and change. */
export interface Telling extends Publishes {
  readonly pace: Pace;
}

/** Makes a change that carries this mark. */
export type Publish = (mark: string) => Promise<unknown>;

let marks = 0;

/** So many changes, each when all have been told of the one before. */
export async function publishAll(watchers: Watchers, publish: Publish, changes: number): Promise<Publishes> {
  const { lasts, all } = await published(watchers, publish, changes);
  return { last: timesOf(lasts), any: timesOf(all) };
}

/** The same, and what it costs those who tell. */
export async function tell(watchers: Watchers, publish: Publish, changes: number, serving: Serving): Promise<Telling> {
  const { result, pace } = await paced(
    serving,
    () => published(watchers, publish, changes),
    ({ lasts, all }) => ({ operations: all.length, ms: lasts.reduce((sum, ms) => sum + ms, 0) }),
  );
  return { last: timesOf(result.lasts), any: timesOf(result.all), pace };
}

async function published(watchers: Watchers, publish: Publish, changes: number) {
  const lasts: number[] = [];
  const all: number[] = [];
  while (lasts.length < changes) {
    const { sentMs, toldMs } = await publishOnce(watchers, publish);
    lasts.push((toldMs.at(-1) as number) - sentMs);
    for (const ms of toldMs) all.push(ms - sentMs);
  }
  return { lasts, all };
}

export async function publishOnce(
  watchers: Watchers,
  publish: Publish,
): Promise<{ readonly sentMs: number; readonly toldMs: readonly number[] }> {
  marks += 1;
  const mark = `mark-${marks}`;
  const sentMs = machineMs();
  await publish(mark);
  return { sentMs, toldMs: await watchers.told(mark) };
}
