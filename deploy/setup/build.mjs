import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { capture } from "./child.mjs";
import { inRoot } from "./paths.mjs";
import { SetupError, say, withProgress } from "./say.mjs";
import { withSetupLock } from "./setup-lock.mjs";

const ROOMS = ["shared", "master", "proxy", "client", "cli", "loadtest"];
const TEST_ONLY = /\.(test|contract|fixture)\.ts$/;
const SETUP_LOCK = inRoot(".cache", "setup.lock");

/**
 * Brings `dist/` up to date for one room and what it needs. When no source has changed since the last
 * good build this costs a look at each file's time and size, and no compiler is started.
 */
export async function ensureBuild(room) {
  if (isCurrent(room)) return;
  await withSetupLock(SETUP_LOCK, async () => {
    if (isCurrent(room)) return;
    const stamp = sourceStamp();
    await compile(room);
    mkdirSync(inRoot("dist"), { recursive: true });
    writeFileSync(stampFile(room), stamp);
  });
}

const stampFile = (room) => inRoot("dist", `${room}.stamp`);

function isCurrent(room) {
  const file = stampFile(room);
  return existsSync(file) && existsSync(inRoot("dist", room)) && readFileSync(file, "utf8") === sourceStamp();
}

function sourceStamp() {
  const hash = createHash("sha256");
  const settings = ["package-lock.json", "tsconfig.base.json", "tsconfig.json"].map((name) => inRoot(name));
  for (const file of [...settings, ...ROOMS.flatMap((room) => sources(inRoot(room)))]) {
    const { mtimeMs, size } = statSync(file);
    hash.update(`${file}\0${mtimeMs}\0${size}\n`);
  }
  return hash.digest("hex");
}

function sources(directory) {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { recursive: true })
    .filter((name) => (name.endsWith(".ts") && !TEST_ONLY.test(name)) || name === "tsconfig.json")
    .sort()
    .map((name) => join(directory, name));
}

async function compile(room) {
  const tsc = inRoot("node_modules", "typescript", "bin", "tsc");
  const { code, output } = await withProgress("building", () => capture(process.execPath, [tsc, "-b", room]));
  if (code !== 0) throw new SetupError("the build failed: the TypeScript errors are above.", output);
  say("built");
}
