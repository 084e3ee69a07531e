import { spawn } from "node:child_process";
import { constants } from "node:os";
import { ROOT } from "./paths.mjs";

/** Signals within this time of one another are the same wish, which arrived by two ways (terminal, npm). */
const SAME_SIGNAL_MS = 1000;

/**
 * Runs a program in the same terminal as if it had replaced this one. Resolves to its exit code.
 *
 * A Ctrl-C is sent by the terminal to the program and to us, and npm sends us one more; so with a
 * terminal it is not passed on, and elsewhere a signal is passed on once. A program that dies of a
 * signal takes us along with the same one.
 */
export async function runInTerminal(command, args, env = process.env) {
  const child = spawn(command, args, { stdio: "inherit", env });
  const stopForwarding = forwardSignals(child);
  const { code, signal } = await ended(child);
  stopForwarding();
  if (signal === null) return code;
  process.kill(process.pid, signal);
  return 128 + constants.signals[signal];
}

function forwardSignals(child) {
  const lastMs = new Map();
  const forward = (signal) => {
    const nowMs = performance.now();
    const repeated = nowMs - (lastMs.get(signal) ?? -Infinity) < SAME_SIGNAL_MS;
    lastMs.set(signal, nowMs);
    const fromTerminal = signal === "SIGINT" && process.stdin.isTTY;
    if (!repeated && !fromTerminal) child.kill(signal);
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const signal of signals) process.on(signal, forward);
  return () => {
    for (const signal of signals) process.off(signal, forward);
  };
}

/**
 * Runs a program and keeps what it says. Resolves to {code, output}; `output` is stdout and stderr in
 * the order in which they came. A program that is not there has code 127.
 */
export async function capture(command, args, { cwd = ROOT, env = process.env, timeoutMs = 0 } = {}) {
  const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"], timeout: timeoutMs });
  let output = "";
  const keep = (chunk) => {
    output += chunk;
  };
  child.stdout.setEncoding("utf8").on("data", keep);
  child.stderr.setEncoding("utf8").on("data", keep);
  const { code } = await ended(child, "close");
  return { code: code ?? 1, output };
}

const ended = (child, event = "exit") =>
  new Promise((resolve) => {
    child.once("error", () => resolve({ code: 127, signal: null }));
    child.once(event, (code, signal) => resolve({ code, signal }));
  });
