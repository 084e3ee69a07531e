import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";
import { operationError } from "./exit-error.js";

/** Built beside us. It drives whole cells of this very program, so it is a program of its own, and nothing here imports it. */
const PROGRAM = fileURLToPath(new URL("../loadtest/main.js", import.meta.url));
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** `octofleet loadtest …`: runs the load test with these words, and resolves with its exit code. */
export async function loadtest(words: readonly string[]): Promise<number> {
  if (!existsSync(PROGRAM)) throw operationError("the load test is not part of this installation");
  const child = spawn(process.execPath, [PROGRAM, ...words], { stdio: "inherit" });
  const passOn = (signal: NodeJS.Signals): void => void child.kill(signal);
  for (const signal of SIGNALS) process.on(signal, passOn);
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once("error", (error) => reject(operationError(`the load test could not be started: ${error.message}`)));
      child.once("exit", (code, signal) => resolve(code ?? 128 + constants.signals[signal ?? "SIGTERM"]));
    });
  } finally {
    for (const signal of SIGNALS) process.off(signal, passOn);
  }
}
