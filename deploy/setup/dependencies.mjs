import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { capture } from "./child.mjs";
import { inRoot } from "./paths.mjs";
import { SetupError, say, withProgress } from "./say.mjs";
import { withSetupLock } from "./setup-lock.mjs";

const LOCK_FILE = inRoot("package-lock.json");
const STAMP_FILE = inRoot("node_modules", ".octofleet-stamp");
const INSTALLED_FILE = inRoot("node_modules", ".package-lock.json");
const SETUP_LOCK = inRoot(".cache", "setup.lock");

/** Installs the dependencies that package-lock.json names, unless they are there. */
export async function ensureDependencies() {
  if (isInstalled()) return;
  await withSetupLock(SETUP_LOCK, async () => {
    if (isInstalled()) return;
    if (!isInstalledByHand()) await install();
    writeFileSync(STAMP_FILE, wantedStamp());
  });
}

/** What node_modules was installed from: the lock's hash, and the platform whose binaries are in it. */
function wantedStamp() {
  const hash = createHash("sha256").update(readFileSync(LOCK_FILE)).digest("hex");
  return `${platform()} ${hash}\n`;
}

const platform = () => `${process.platform}-${process.arch}`;
const readIfThere = (file) => (existsSync(file) ? readFileSync(file, "utf8") : undefined);
const isInstalled = () => readIfThere(STAMP_FILE) === wantedStamp();

/** Whether somebody's own `npm install` on this platform has brought just what the lock names. */
function isInstalledByHand() {
  const stamp = readIfThere(STAMP_FILE);
  const installed = readIfThere(INSTALLED_FILE);
  if (installed === undefined || (stamp !== undefined && !stamp.startsWith(`${platform()} `))) return false;
  return agrees(JSON.parse(readFileSync(LOCK_FILE, "utf8")).packages, JSON.parse(installed).packages);
}

/**
 * Whether npm's record of what is installed holds exactly the packages of the lock. Optional ones may be
 * missing: they are for other platforms. Exported for its test.
 */
export function agrees(locked, installed) {
  const same = (a, b) => a !== undefined && a.version === b.version && a.integrity === b.integrity;
  const missing = ([path, entry]) => path !== "" && !entry.optional && installed[path] === undefined;
  return (
    Object.entries(installed).every(([path, entry]) => same(locked[path], entry)) &&
    !Object.entries(locked).some(missing)
  );
}

async function install() {
  const { command, args } = npm();
  const { code, output } = await withProgress("installing dependencies (npm ci)", () =>
    capture(command, [...args, "ci", "--include=dev", "--loglevel=error"]),
  );
  if (code !== 0) throw new SetupError(explain(code, output), lastLines(output, 25));
  say("dependencies are installed");
}

/** npm as it was started, if this is an npm script, else the one on PATH. */
function npm() {
  const path = process.env.npm_execpath;
  const usable = path !== undefined && basename(path) === "npm-cli.js" && existsSync(path);
  return usable ? { command: process.execPath, args: [path] } : { command: "npm", args: [] };
}

/** Why `npm ci` failed, in a sentence. Exported for its test. */
export function explain(code, output) {
  if (code === 127) return "npm was not found. It comes with Node.js: install Node.js 20.19 or newer, and try again.";
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH/.test(output))
    return "npm could not reach its package registry. Check the network and npm's proxy settings, and try again.";
  if (/ENOSPC/.test(output)) return "the disk is full: npm could not write the dependencies.";
  if (/EACCES|EPERM|EROFS/.test(output)) return "npm may not write to this directory: node_modules must be writable.";
  return `the dependencies could not be installed: npm ci ended with exit code ${code}; what it said is above.`;
}

const lastLines = (text, count) => text.trimEnd().split("\n").slice(-count).join("\n");
