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
 * Brings `dist/` up to date for these rooms and what they need, by one run of the compiler. When no source has
 * changed since the last good build this costs a look at each file's time and size, and no compiler is started.
 */
export async function ensureBuilt(rooms) {
  if (rooms.every(isCurrent)) return;
  await withSetupLock(SETUP_LOCK, async () => {
    const missing = rooms.filter((room) => !isCurrent(room));
    if (missing.length === 0) return;
    const stamp = sourceStamp();
    await compile(missing);
    mkdirSync(inRoot("dist"), { recursive: true });
    for (const room of missing) writeFileSync(stampFile(room), stamp);
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

async function compile(rooms) {
  const tsc = inRoot("node_modules", "typescript", "bin", "tsc");
  const { code, output } = await withProgress("building", () => capture(process.execPath, [tsc, "-b", ...rooms]));
  if (code !== 0) throw new SetupError("the build failed: the TypeScript errors are above.", output);
  say("built");
}
