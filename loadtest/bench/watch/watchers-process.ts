import { machineMs } from "../sessions/machine-time.js";
import type { Told, ToWatchers, WatchersOpen } from "./messages.js";
import { Watcher } from "./watcher.js";

/** Watchers within one process. They note when each of them was told of a change; its metadata is its mark. */
const OPENED_AT_ONCE = 32;
const KEPT_MARKS = 4;

const told = new Map<string, number[]>();
let failures = 0;
let watchers = 0;
let stuck: Watcher | undefined;
/** Of the mark that is waited for. */
let onComplete: { readonly mark: string; readonly fn: () => void } | undefined;

const MARK = /mark-\d+/;

const listener = {
  onTold(text: string): void {
    const mark = MARK.exec(text)?.[0];
    if (mark === undefined) return;
    const times = told.get(mark) ?? [];
    if (times.push(machineMs()) === 1) told.set(mark, times);
    if (times.length === watchers && onComplete?.mark === mark) onComplete.fn();
  },
  onFailure(): void {
    failures += 1;
  },
};

async function open({ count, ...of }: WatchersOpen): Promise<Told> {
  watchers += count;
  let left = count;
  const some = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await Watcher.open(of, listener);
    }
  };
  await Promise.all(Array.from({ length: OPENED_AT_ONCE }, some));
  return { atMs: [], failures };
}

async function take(mark: string, withinMs: number): Promise<Told> {
  if (told.get(mark)?.length !== watchers) {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, withinMs);
      onComplete = {
        mark,
        fn: () => {
          clearTimeout(timer);
          resolve();
        },
      };
    });
  }
  const atMs = told.get(mark) ?? [];
  for (const old of [...told.keys()].slice(0, -KEPT_MARKS)) told.delete(old);
  return { atMs, failures };
}

async function obey(message: ToWatchers): Promise<Told> {
  switch (message.do) {
    case "open":
      return open(message);
    case "stick":
      // What becomes of it is nobody's failure.
      stuck = await Watcher.open(message, { onTold: () => {}, onFailure: () => {} }, message.watches);
      stuck.stick();
      return { atMs: [], failures };
    case "unstick":
      stuck?.drop();
      return { atMs: [], failures };
    case "take":
      return take(message.mark, message.withinMs);
  }
}

process.on("disconnect", () => process.exit());
process.on("message", (message: ToWatchers) => {
  obey(message).then(
    (answer) => process.send?.(answer),
    (error: unknown) => process.send?.({ failure: String(error) }),
  );
});
