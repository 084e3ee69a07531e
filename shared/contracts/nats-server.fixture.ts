import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const UNPACKED = fileURLToPath(new URL("../../.cache/nats-server/nats-server", import.meta.url));
const START_MS = 10_000;
const STOP_MS = 5000;

/** A nats-server of the test's own, on a loopback port that was free. */
export interface NatsServer {
  readonly url: string;
  readonly port: number;
  /** Asks it to stop, and waits until it has. */
  stop(): Promise<void>;
  /** Ends it without warning. */
  kill(): Promise<void>;
  /** Starts it again on the same port, ending it first if it runs. */
  restart(): Promise<void>;
  /** Halts it: its connections stay open, and nothing answers on them; `resume` ends that. */
  pause(): void;
  resume(): void;
}

/** Rejects with a sentence for people if there is no nats-server, or if it does not come up. */
export async function startNatsServer(): Promise<NatsServer> {
  const binary = findNatsServer();
  let { child, port } = await launch(binary, "-1");
  return {
    url: `nats://127.0.0.1:${port}`,
    port,
    stop: () => end(child, "SIGTERM"),
    kill: () => end(child, "SIGKILL"),
    restart: async () => {
      await end(child, "SIGKILL");
      ({ child } = await launch(binary, String(port)));
    },
    pause: () => void child.kill("SIGSTOP"),
    resume: () => void child.kill("SIGCONT"),
  };
}

/** The path of a nats-server: the one named by the environment, one on PATH, or the one that `npm test` unpacked. */
function findNatsServer(): string {
  const named = process.env.OCTOFLEET_NATS_SERVER;
  if (named !== undefined && named !== "") {
    if (isExecutable(named)) return named;
    throw new Error(`OCTOFLEET_NATS_SERVER names ${named}, which is not a program that can be run.`);
  }
  const onPath = (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, "nats-server"));
  const found = [...onPath, UNPACKED].find(isExecutable);
  if (found !== undefined) return found;
  throw new Error(
    "These tests need a nats-server, and there is none: `npm test` unpacks one where it can; " +
      "else install one, or name its path in OCTOFLEET_NATS_SERVER.",
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Starts the program and waits until it listens; port "-1" is any that is free. */
async function launch(binary: string, port: string): Promise<{ child: ChildProcess; port: number }> {
  const child = spawn(binary, ["-a", "127.0.0.1", "-p", port], { stdio: ["ignore", "ignore", "pipe"] });
  const endWithUs = () => child.kill("SIGKILL");
  process.once("exit", endWithUs);
  child.once("exit", () => process.off("exit", endWithUs));
  try {
    return { child, port: await listeningPort(child) };
  } catch (error) {
    await end(child, "SIGKILL");
    throw error;
  }
}

function listeningPort(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let output = "";
    const fail = (why: string) => reject(new Error(`The nats-server ${why}.\n${output}`));
    const timeout = setTimeout(() => fail("did not come up in time"), START_MS);
    child.once("error", (error) => fail(`could not be started: ${error.message}`));
    child.once("exit", () => fail("ended at once"));
    child.stderr?.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      const port = /Listening for client connections on 127\.0\.0\.1:(\d+)/.exec(output)?.[1];
      if (port === undefined || !output.includes("Server is ready")) return;
      clearTimeout(timeout);
      child.stderr?.removeAllListeners("data").resume();
      resolve(Number(port));
    });
  });
}

/** Waits for the end; a server that does not stop when asked is killed. */
async function end(child: ChildProcess, signal: "SIGTERM" | "SIGKILL"): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill(signal);
  const timeout = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
  await ended;
  clearTimeout(timeout);
}
