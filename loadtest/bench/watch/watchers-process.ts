import type { Told, ToWatchers, WatchersOpen } from "./messages.js";
import { ToldMarks } from "./told-marks.js";
import { Watcher } from "./watcher.js";

/** Watchers within one process. They note when each of them was told of a change; its metadata is its mark. */
const OPENED_AT_ONCE = 32;

const marks = new ToldMarks();
let stuck: Watcher | undefined;

async function open({ count, ...of }: WatchersOpen): Promise<Told> {
  marks.expect(count);
  let left = count;
  const some = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await Watcher.open(of, marks);
    }
  };
  await Promise.all(Array.from({ length: OPENED_AT_ONCE }, some));
  return marks.nothingYet();
}

async function obey(message: ToWatchers): Promise<Told> {
  switch (message.do) {
    case "open":
      return open(message);
    case "stick":
      // What becomes of it is nobody's failure.
      stuck = await Watcher.open(message, { onTold: () => {}, onFailure: () => {} }, message.watches);
      stuck.stick();
      return marks.nothingYet();
    case "unstick":
      stuck?.drop();
      return marks.nothingYet();
    case "take":
      return marks.take(message.mark, message.withinMs);
  }
}

process.on("disconnect", () => process.exit());
process.on("message", (message: ToWatchers) => {
  obey(message).then(
    (answer) => process.send?.(answer),
    (error: unknown) => process.send?.({ failure: String(error) }),
  );
});
