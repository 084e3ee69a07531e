/**
 * node deploy/setup/check.mjs [--fix | --report <file>]
 *
 * Runs every guard, two at a time, and prints one line for each; what a failed one said comes after the
 * lines. `--fix` mends what the tools can mend. `--report` writes {passed, failed} as JSON.
 */
import { writeFileSync } from "node:fs";
import { CHECKS } from "./checks.mjs";
import { capture } from "./child.mjs";
import { main } from "./say.mjs";

const AT_A_TIME = 2;

await main(() => (process.argv[2] === "--fix" ? fix() : check()));

async function check() {
  const results = await runAll(CHECKS);
  const failed = results.filter((result) => !result.ok);
  for (const { name, output } of failed) console.log(`\n── ${name} ──\n${output.trim()}`);
  if (process.argv[2] === "--report") {
    const counts = { passed: results.length - failed.length, failed: failed.length };
    writeFileSync(process.argv[3], JSON.stringify(counts));
  }
  return failed.length === 0 ? 0 : 1;
}

async function runAll(checks) {
  const waiting = [...checks];
  const results = [];
  const worker = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) results.push(await runOne(next));
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
  return results;
}

async function runOne({ name, script, args, holds = () => true }) {
  const startMs = performance.now();
  const { code, output } = await capture(process.execPath, [script, ...args]);
  const ok = code === 0 && holds(output);
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  console.log(`${name.padEnd(10)} ${ok ? "ok" : "FAILED"} (${seconds} s)`);
  return { name, ok, output };
}

async function fix() {
  for (const { name, script, fix } of CHECKS.filter((check) => check.fix)) {
    const { code, output } = await capture(process.execPath, [script, ...fix]);
    console.log(`${name.padEnd(10)} ${code === 0 ? "fixed" : "cannot be fixed by itself"}`);
    if (code !== 0) console.log(output.trim());
  }
  return 0;
}
