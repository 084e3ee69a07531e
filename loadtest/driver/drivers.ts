import { fileURLToPath } from "node:url";
import type { LockOperation } from "../check/lock-operation.js";
import { type Child, startChild, whileAlive } from "../cluster/child.js";
import type { Cleanup } from "../cluster/cleanup.js";
import { within } from "../cluster/within.js";
import type { FromDriver, Plan, Progress, ToDriver } from "./messages.js";
import type { Lag } from "./pacer.js";
import { addOutcomes, type Outcome } from "./tally.js";

const PROGRAM = fileURLToPath(new URL("./driver.js", import.meta.url));
const PREPARE_MS = 120_000;
/** For what each client adds to the preparation. */
const PREPARE_MS_PER_CLIENT = 20;
/** A run that takes this many times as long as it should is given up, after the time for a last answer. */
const SLOWNESS_MAX = 3;
const LAST_ANSWER_MS = 30_000;

/** What all drivers together are to do. */
export type Load = Omit<Plan, "part" | "parts">;

/** Clients, played by processes of their own. */
export interface Drivers {
  /** Opens the sessions, which stay alive until the schedule goes on. */
  open(): Promise<void>;
  /** Goes on with the schedule for so long, in all of them at once, until all is answered. */
  run(forMs: number, onProgress: (progress: Progress) => void): Promise<Lag[]>;
  /** What they did in that time. To be asked before the schedule goes on: it waits for the last notice. */
  outcome(): Promise<Outcome>;
  /** Ends the sessions. */
  close(): Promise<void>;
  /** Gives back what was taken of the cell. */
  leave(): Promise<void>;
  /** What the clients were told of locks so far. */
  history(): Promise<LockOperation[]>;
  stop(): Promise<void>;
}

/** Starts `parts` driver processes with everything set up but the sessions: locks held, caches warm. */
export async function startDrivers(cleanup: Cleanup, name: string, parts: number, load: Load): Promise<Drivers> {
  const prepareMs = PREPARE_MS + load.clients * PREPARE_MS_PER_CLIENT;
  const leave = (child: Child) => ask(child, { do: "leave" }, "left", prepareMs);
  const plans = Array.from({ length: parts }, (_, part) => ({ ...load, part, parts }));
  const children = await Promise.all(
    plans.map(async ({ part }) => {
      // Detached: Ctrl-C in a terminal is for us alone, and what was taken of a cell is given back first.
      const options = { ipc: true, serialization: "advanced", detached: true } as const;
      const child = await startChild(`${name} driver ${part + 1}`, process.execPath, [PROGRAM], options);
      cleanup.add(() => child.stop());
      if (load.isGuest) cleanup.add(async () => void (await leave(child)));
      return child;
    }),
  );
  const all = async (message: ToDriver, answer: FromDriver["is"], limitMs: number): Promise<void> =>
    void (await Promise.all(children.map((child) => ask(child, message, answer, limitMs))));
  await Promise.all(
    plans.map((plan, part) => ask(children[part] as Child, { do: "prepare", plan }, "prepared", prepareMs)),
  );
  const history = async (): Promise<LockOperation[]> => {
    const told = await Promise.all(children.map((child) => ask(child, { do: "tell" }, "told", PREPARE_MS)));
    return told.flatMap(({ history }) => history);
  };
  return {
    open: () => all({ do: "open" }, "opened", prepareMs),
    close: () => all({ do: "close" }, "closed", prepareMs),
    leave: async () => void (await Promise.all(children.map(leave))),
    run: (forMs, onProgress) => runAll(children, forMs, onProgress),
    outcome: async () => {
      const each = await Promise.all(children.map((child) => ask(child, { do: "sum-up" }, "summed-up", PREPARE_MS)));
      return addOutcomes(each.map(({ outcome }) => outcome));
    },
    history,
    stop: async () => void (await Promise.all(children.map((child) => child.stop()))),
  };
}

async function runAll(children: readonly Child[], forMs: number, onProgress: (all: Progress) => void): Promise<Lag[]> {
  const progress: Progress[] = children.map(() => ({ done: 0, failed: 0, sessionsLost: 0 }));
  const sum = (of: (each: Progress) => number): number => progress.reduce((all, each) => all + of(each), 0);
  const stretches = await Promise.all(
    children.map((child, part) =>
      ask(child, { do: "run", forMs }, "ran", forMs * SLOWNESS_MAX + LAST_ANSWER_MS, (message) => {
        progress[part] = message;
        onProgress({
          done: sum(({ done }) => done),
          failed: sum(({ failed }) => failed),
          sessionsLost: sum(({ sessionsLost }) => sessionsLost),
        });
      }),
    ),
  );
  return worstLags(stretches.map(({ lags }) => lags));
}

/** The lag of each second, by the driver that was latest. */
function worstLags(each: readonly (readonly Lag[])[]): Lag[] {
  const seconds = Math.max(...each.map((lags) => lags.length));
  return Array.from({ length: seconds }, (_, second) => ({
    meanMs: Math.max(...each.map((lags) => lags[second]?.meanMs ?? 0)),
    maxMs: Math.max(...each.map((lags) => lags[second]?.maxMs ?? 0)),
  }));
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
      if (from.is === "failed" && from.at === message.do)
        reject(new Error(`${child.name} could not ${message.do}: ${from.reason}`));
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
