import { fileURLToPath } from "node:url";
import { type Child, startChild, whileAlive } from "../cluster/child.js";
import type { Cleanup } from "../cluster/cleanup.js";
import { within } from "../cluster/within.js";
import type { FromDriver, Plan, ToDriver } from "./messages.js";
import { addOutcomes, type Outcome } from "./tally.js";

const PROGRAM = fileURLToPath(new URL("./driver.js", import.meta.url));
const PREPARE_MS = 60_000;
/** A run that takes this many times as long as it should is given up, after the time for a last answer. */
const SLOWNESS_MAX = 3;
const LAST_ANSWER_MS = 30_000;

/** What all drivers together are to do. */
export type Load = Omit<Plan, "part" | "parts">;

export interface Progress {
  readonly done: number;
  readonly failed: number;
}

/** Clients, played by processes of their own. */
export interface Drivers {
  /** Does the load once. */
  run(onProgress: (progress: Progress) => void): Promise<Outcome>;
  stop(): Promise<void>;
}

/** Starts `parts` driver processes with everything set up: sessions open, locks held. */
export async function startDrivers(cleanup: Cleanup, parts: number, load: Load): Promise<Drivers> {
  const plans = Array.from({ length: parts }, (_, part) => partOf(load, part, parts));
  const children = await Promise.all(
    plans.map(async (plan) => {
      const child = await startChild(`driver ${plan.part + 1}`, process.execPath, [PROGRAM], { ipc: true });
      cleanup.add(() => child.stop());
      return child;
    }),
  );
  await Promise.all(
    plans.map((plan, part) => ask(children[part] as Child, { do: "prepare", plan }, "prepared", PREPARE_MS)),
  );
  return {
    run: (onProgress) => runAll(children, load, onProgress),
    stop: async () => void (await Promise.all(children.map((child) => child.stop()))),
  };
}

/** One driver's share of a load. */
export function partOf(load: Load, part: number, parts: number): Plan {
  const share = (whole: number): number => Math.floor(whole / parts) + (part < whole % parts ? 1 : 0);
  const operations = share(load.operations);
  const perSecond = (load.perSecond * operations) / load.operations;
  return { ...load, clients: share(load.clients), operations, perSecond, part, parts };
}

async function runAll(children: readonly Child[], load: Load, onProgress: (all: Progress) => void): Promise<Outcome> {
  const limitMs = (load.operations / load.perSecond) * 1000 * SLOWNESS_MAX + LAST_ANSWER_MS;
  const progress = children.map(() => ({ done: 0, failed: 0 }));
  const answers = await Promise.all(
    children.map((child, part) =>
      ask(child, { do: "run" }, "ran", limitMs, (message) => {
        progress[part] = message;
        onProgress({
          done: progress.reduce((sum, { done }) => sum + done, 0),
          failed: progress.reduce((sum, { failed }) => sum + failed, 0),
        });
      }),
    ),
  );
  return addOutcomes(answers.map(({ outcome }) => outcome));
}

type Message<Is extends FromDriver["is"]> = Extract<FromDriver, { is: Is }>;

/** Tells a driver something and waits for the answer of one kind. */
async function ask<Is extends FromDriver["is"]>(
  child: Child,
  message: ToDriver,
  answer: Is,
  limitMs: number,
  onProgress: (progress: Message<"progress">) => void = () => {},
): Promise<Message<Is>> {
  let listener: (message: FromDriver) => void = () => {};
  const answered = new Promise<Message<Is>>((resolve, reject) => {
    listener = (from) => {
      if (from.is === "progress") onProgress(from);
      if (from.is === "failed") reject(new Error(`${child.name} could not ${message.do}: ${from.reason}`));
      if (from.is === answer) resolve(from as Message<Is>);
    };
    child.process.on("message", listener);
  });
  child.process.send(message);
  try {
    return await within(limitMs, whileAlive(child, answered), `${child.name} did not ${message.do}`);
  } finally {
    child.process.off("message", listener);
  }
}
