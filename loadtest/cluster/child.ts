import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { within } from "./within.js";

const TAIL_LINES = 15;
const TERM_MS = 10_000;
const KILL_MS = 5_000;

/** A process that we started, and that we end. */
export interface Child {
  readonly name: string;
  readonly pid: number;
  readonly process: ChildProcess;
  /** Resolves when it is gone, with how it went, as a phrase for people. */
  readonly gone: Promise<string>;
  /** The last lines that it wrote, stderr and stdout together. */
  tail(): string;
  /** SIGTERM, and after 10 s, if nothing else is said, SIGKILL. Resolves when it is gone. */
  stop(withinMs?: number): Promise<void>;
  /** SIGKILL, which also ends a stopped process. Resolves when it is gone. */
  kill(): Promise<void>;
}

export interface ChildOptions extends Pick<SpawnOptions, "env" | "cwd" | "serialization" | "detached"> {
  /** Whether messages travel to and fro. */
  readonly ipc?: boolean;
}

/** The last resort: nobody outlives us, also when we die of an uncaught error. */
const alive = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of alive) child.kill("SIGKILL");
});

/** Starts a process whose output is kept to be shown if it fails. Rejects if it cannot be started. */
export async function startChild(
  name: string,
  command: string,
  args: readonly string[],
  options: ChildOptions = {},
): Promise<Child> {
  const { ipc, ...rest } = options;
  const child = spawn(command, args, {
    ...rest,
    stdio: ["ignore", "pipe", "pipe", ...(ipc === true ? (["ipc"] as const) : [])],
  });
  alive.add(child);
  const tail = keepTail(child);
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", (error) => {
      alive.delete(child);
      reject(new Error(`${name} could not be started: ${error.message}`));
    });
  });
  const gone = new Promise<string>((resolve) => {
    child.once("close", (code, signal) => {
      alive.delete(child);
      resolve(signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`);
    });
  });
  const ends = { stop: (withinMs = TERM_MS) => stop(child, name, gone, withinMs), kill: () => kill(child, name, gone) };
  return { name, pid: child.pid as number, process: child, gone, tail, ...ends };
}

async function stop(child: ChildProcess, name: string, gone: Promise<string>, withinMs: number): Promise<void> {
  child.kill("SIGTERM");
  try {
    await within(withinMs, gone, `${name} did not end`);
  } catch {
    await kill(child, name, gone);
  }
}

async function kill(child: ChildProcess, name: string, gone: Promise<string>): Promise<void> {
  child.kill("SIGKILL");
  await within(KILL_MS, gone, `${name} (pid ${child.pid}) did not end, not even by SIGKILL`);
}

function keepTail(child: ChildProcess): () => string {
  let text = "";
  const onData = (data: Buffer): void => {
    text = `${text}${String(data)}`
      .split("\n")
      .slice(-TAIL_LINES - 1)
      .join("\n");
  };
  child.stdout?.on("data", onData);
  child.stderr?.on("data", onData);
  return () => text.trimEnd();
}

/** Waits for something, but not longer than the child lives: its death is shown with its last words. */
export function whileAlive<T>(child: Child, waiting: Promise<T>): Promise<T> {
  const died = child.gone.then((how) => {
    throw new Error(`${child.name} ${how}.\n${child.tail()}`);
  });
  return Promise.race([waiting, died]);
}
