import { fileURLToPath } from "node:url";
import type { Clock } from "../../shared/ports/clock.js";
import { type Child, startChild } from "../cluster/child.js";
import type { Cleanup } from "../cluster/cleanup.js";
import { within } from "../cluster/within.js";
import { ask } from "./asking.js";
import type { AppSpec, FromLibrary, LibraryPlan, LibraryReport, ToLibrary } from "./library-messages.js";
import { Mortal } from "./mortal.js";
import { LIBRARY_PROCESSES, type LibraryProcess } from "./plan.js";

const PROGRAM = fileURLToPath(new URL("./library-player.js", import.meta.url));
const LAST_WORDS_MS = 5_000;

/** Sessions of one user exclude each other like those of two. */
const CAST: Readonly<Record<LibraryProcess, readonly AppSpec[]>> = {
  s1: [
    { name: "s1a", user: "ann" },
    { name: "s1b", user: "bob" },
  ],
  s2: [
    { name: "s2a", user: "ann" },
    { name: "s2b", user: "cid" },
  ],
  s3: [{ name: "s3a", user: "bob" }],
};
/** Whose tokens are never revoked. */
export const LIBRARY_USERS = ["ann", "bob", "cid"] as const;

/** Processes whose programs use the client library, and that die and come again. */
export interface LibraryPlayers {
  readonly processes: ReadonlyMap<LibraryProcess, Mortal>;
  /** Nothing more is begun. */
  finish(): Promise<unknown>;
  /** Resolves when every session that is left is safe. */
  settle(): Promise<unknown>;
  /** One dies without a word, and nobody comes in its place. */
  abandon(name: LibraryProcess): Promise<void>;
  /** What was learned, life by life. */
  report(): Promise<readonly LibraryReport[]>;
}

export interface LibraryParts {
  readonly clock: Clock;
  readonly cleanup: Cleanup;
  readonly onMishap: (what: string) => void;
  readonly plan: Omit<LibraryPlan, "apps">;
}

/** Starts the processes, which play from then on. */
export async function startLibraryPlayers({ clock, cleanup, onMishap, plan }: LibraryParts): Promise<LibraryPlayers> {
  const reports: LibraryReport[] = [];
  const processes = new Map<LibraryProcess, Mortal>();
  for (const name of LIBRARY_PROCESSES) {
    let lives = 0;
    const program = {
      name,
      launch: () => launch(name, { ...plan, apps: CAST[name], seed: `${plan.seed}/${++lives}` }),
      farewell: async (child: Child) => void reports.push(await lastWords(child)),
      isUp: async () => true as const,
      exitCodes: [0],
    };
    const mortal = new Mortal({ program, clock, cleanup, onMishap });
    await mortal.start();
    processes.set(name, mortal);
  }
  const abandoned = new Set<LibraryProcess>();
  const living = (): Child[] =>
    [...processes].flatMap(([name, { child }]) => (child === undefined || abandoned.has(name) ? [] : [child]));
  const all = <Is extends FromLibrary["is"]>(message: ToLibrary, answer: Is) =>
    Promise.all(living().map((child) => ask<FromLibrary, Is>(child, message, answer)));
  return {
    processes,
    finish: () => all({ do: "finish" }, "finished"),
    abandon: async (name) => {
      abandoned.add(name);
      await processes.get(name)?.abandon();
    },
    settle: () => all({ do: "settle" }, "settled"),
    report: async () => [...reports, ...(await all({ do: "report" }, "reported"))],
  };
}

async function launch(name: string, plan: LibraryPlan): Promise<Child> {
  const child = await startChild(name, process.execPath, [PROGRAM], { ipc: true, serialization: "advanced" });
  const play: ToLibrary = { do: "play", plan };
  await ask<FromLibrary, "playing">(child, play, "playing");
  return child;
}

const lastWords = (child: Child): Promise<LibraryReport> =>
  within(
    LAST_WORDS_MS,
    ask<FromLibrary, "reported">(child, { do: "die" } satisfies ToLibrary, "reported"),
    `${child.name} did not say what it had learned`,
  );
