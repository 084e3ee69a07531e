import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { type Cleanup, withCleanup } from "../cluster/cleanup.js";
import { eventually } from "../cluster/within.js";
import { startBuiltCell } from "./built-cell.fixture.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const SECTION = "## An election in ten lines";
const PATIENCE_MS = 30_000;

/** The program in the README's section, as it stands there. */
async function programInReadme(): Promise<string> {
  const readme = await readFile(join(ROOT, "README.md"), "utf8");
  const section = readme.slice(readme.indexOf(SECTION));
  const program = /```js\n(.*?)```/s.exec(section)?.[1];
  if (!readme.includes(SECTION) || program === undefined) throw new Error("the README has no election any more");
  return program;
}

/** Puts it where `octofleet/client` is found: inside this package. */
async function save(cleanup: Cleanup, program: string): Promise<string> {
  await mkdir(join(ROOT, ".cache"), { recursive: true });
  const directory = await mkdtemp(join(ROOT, ".cache", "election-"));
  cleanup.add(() => rm(directory, { recursive: true, force: true }));
  const path = join(directory, "election.mjs");
  await writeFile(path, program);
  return path;
}

function run(cleanup: Cleanup, path: string, settings: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [path], {
    env: { ...process.env, ...settings },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said = { text: "" };
  const keep = (text: Buffer) => {
    said.text += text.toString();
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  const exit = once(child, "exit");
  const kill = async () => {
    child.kill("SIGKILL");
    await exit;
  };
  cleanup.add(kill);
  return { said, kill };
}

const tokenIn = (text: string): number | undefined => {
  const token = /primary, with fencing token (\d+)/.exec(text)?.[1];
  return token === undefined ? undefined : Number(token);
};

it("the README's election, as it stands: one is primary, and when it is killed the other one", {
  timeout: 120_000,
}, async () => {
  await withCleanup(async (cleanup) => {
    const cell = await startBuiltCell(cleanup, 1);
    const proxy = await cell.startProxy();
    const path = await save(cleanup, await programInReadme());
    const settings = { TOKEN: cell.tokens[0] as string, PROXY: proxy.url };
    const first = run(cleanup, path, settings);
    const before = await eventually(PATIENCE_MS, async () => tokenIn(first.said.text), "nobody became primary");
    const second = run(cleanup, path, settings);
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    expect(second.said.text).toBe("");
    await first.kill();
    const after = await eventually(PATIENCE_MS, async () => tokenIn(second.said.text), "nobody took over");
    expect(after).toBeGreaterThan(before);
  });
});
