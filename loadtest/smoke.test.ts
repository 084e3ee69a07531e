import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

/** The programs as they are run by people: from `dist/`, with a cell of real processes and a real nats-server. */
const program = (name: string): string => fileURLToPath(new URL(`../dist/loadtest/${name}`, import.meta.url));
const LOADTEST = program("main.js");
const BENCH = program("bench/main.js");
const LONG_MS = 120_000;

let directory: string;
/** Where the programs put what is theirs for the time of a run. */
let temporary: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "octofleet-smoke-"));
  temporary = await mkdtemp(join(directory, "tmp-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end; `onStderr` sees what it has said so far and may send it a signal. */
function run(
  args: readonly string[],
  onStderr: (text: string, kill: (signal: NodeJS.Signals) => void) => void = () => {},
) {
  return new Promise<Ended>((resolve, reject) => {
    const child = spawn(process.execPath, args, { env: { ...process.env, TMPDIR: temporary } });
    const said = { stdout: "", stderr: "" };
    child.stdout.on("data", (data) => (said.stdout += String(data)));
    child.stderr.on("data", (data) => {
      said.stderr += String(data);
      onStderr(said.stderr, (signal) => child.kill(signal));
    });
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, ...said }));
  });
}

async function expectNothingLeft(): Promise<void> {
  expect(await readdir(temporary)).toEqual([]);
}

describe("loadtest", () => {
  it("measures a cell of real processes, and leaves nothing behind", { timeout: LONG_MS }, async () => {
    const json = join(directory, "result.json");
    const size = ["--clients", "10", "--proxies", "1", "--seconds", "2", "--rate", "500"];
    const { code, stdout, stderr } = await run([LOADTEST, ...size, "--json", json]);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stdout).toContain("Reduction factor");
    expect(stdout).toContain("all agree");
    const result = JSON.parse(await readFile(json, "utf8"));
    expect(result.mismatches).toEqual([]);
    expect(result.direct.kinds.KeepAlive.done).toBeGreaterThan(800);
    expect(result.proxied.sent).toEqual(result.direct.sent);
    expect(result.proxied.master.requests["gateway keepalive"]).toBeUndefined();
    expect(result.savings.all).toBeGreaterThan(1);
    await expectNothingLeft();
  });

  it("ends what it started at Ctrl-C", { timeout: LONG_MS }, async () => {
    let interrupted = false;
    const { code } = await run([LOADTEST, "--clients", "4", "--seconds", "60", "--rate", "50"], (text, kill) => {
      if (interrupted || !text.includes("direct: ")) return;
      interrupted = true;
      kill("SIGINT");
    });
    expect(code).toBe(130);
    await expectNothingLeft();
  });

  it.each([
    ["an unknown flag", ["--client", "3"]],
    ["a bad value", ["--clients", "many"]],
    ["an argument that it does not take", ["fast"]],
  ])("refuses %s in one line, with exit code 2", async (_, args) => {
    const { code, stdout, stderr } = await run([LOADTEST, ...args]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  });
});

describe("bench", () => {
  it("reads from a real proxy's cache, and writes what it found", { timeout: LONG_MS }, async () => {
    const out = join(directory, "bench.json");
    const args = ["read", "--pairs", "1", "--seconds", "1", "--connections", "10", "--bar", "0", "--out", out];
    const { code, stdout, stderr } = await run([BENCH, ...args]);
    expect({ code, stderr, stdout }).toMatchObject({ code: 0 });
    const { verdict } = JSON.parse(await readFile(out, "utf8"));
    expect(verdict.flaws).toEqual([]);
    expect(verdict.cpuRatio).toBeGreaterThan(0);
    await expectNothingLeft();
  });

  it("writes to keys that proxies hold, and shows that each of them was asked", { timeout: LONG_MS }, async () => {
    const out = join(directory, "bench.json");
    const size = ["--proxies", "1,2,3", "--processes", "2", "--pairs", "2", "--writes", "10", "--pauses", "1"];
    const { stdout, stderr } = await run([BENCH, "write", ...size, "--out", out]);
    expect({ stdout, stderr }).toMatchObject({ stdout: expect.stringContaining("the bar, 2.00, is ") });
    // Whether the times pass is for a machine that does nothing else.
    const { verdict } = JSON.parse(await readFile(out, "utf8"));
    expect(verdict).toMatchObject({ flaws: [], judged: { proxies: 2 } });
    expect(verdict.costs.map((cost: { acksPerWrite: number }) => cost.acksPerWrite)).toEqual([1, 2, 3]);
    expect(verdict.unheld.counted).toEqual({ rounds: 0, acks: 0 });
    await expectNothingLeft();
  });

  it("refuses to judge where no proxy has a process of its own", async () => {
    const { code, stderr } = await run([BENCH, "write", "--proxies", "3", "--processes", "2"]);
    expect(code).toBe(2);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  });

  it("lists its benches", async () => {
    const { code, stdout } = await run([BENCH, "--help"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/read .*cached GET/);
    expect(stdout).toMatch(/write .*proxies hold/);
  });
});
