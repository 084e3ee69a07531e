import { failureText } from "../failure.js";
import { randomPlan } from "../random-plan.js";
import { run } from "../run.js";

/** What to look through, and how the line begins that replays what is found; without it the failure is not told at length. */
export interface Hunt {
  readonly from: number;
  readonly seeds: number;
  readonly replay?: string;
}

/** The first seed that broke a promise, and the failure as a person can follow it, if that was asked for. */
export interface Catch {
  readonly seed: number;
  readonly promise: string;
  readonly text?: string;
}

/** Runs seed after seed until one breaks a promise. */
async function hunt({ from, seeds, replay }: Hunt): Promise<Catch | null> {
  for (let seed = from; seed < from + seeds; seed++) {
    const plan = randomPlan(seed);
    const [first] = (await run(plan)).findings;
    if (first === undefined) continue;
    const { promise } = first;
    if (replay === undefined) return { seed, promise };
    return { seed, promise, text: await failureText(plan, first, `${replay} --seed ${seed}`) };
  }
  return null;
}

/** This is a process of its own, since it is built from a planted tree. Told by its parent what to do; ends with it. */
process.on("disconnect", () => process.exit());
process.on("message", (message: Hunt) => {
  void hunt(message).then((caught) => process.send?.({ caught }));
});
