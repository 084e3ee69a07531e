import { randomUUID } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { SetupError, say } from "./say.mjs";

/** A lock directory without an owner's name is one whose owner is about to write it, unless it is older. */
const NAMELESS_MS = 5000;
const POLL_MS = 100;

/**
 * Calls `work` while nobody else holds the lock `directory`; resolves to its result.
 *
 * The lock is a directory with its owner's pid in it. Two waiters may find the same dead owner, and the
 * slower one must not throw out the faster one, who by then owns the lock. So a dead lock is renamed to
 * a name made from the owner that was read, and stays there while its successor works: a second rename
 * to that name fails.
 */
export async function withSetupLock(directory, work) {
  for (let waited = false; !tryTake(directory); waited = true) {
    const owner = readOwner(directory);
    if (isDead(directory, owner)) bury(directory, owner);
    else {
      if (!waited) say(`waiting for another set-up of this project to finish (process ${owner?.pid ?? "unknown"}) …`);
      await sleep(POLL_MS);
    }
  }
  try {
    return await work();
  } finally {
    for (const grave of graves(directory)) rmSync(grave, { recursive: true, force: true });
    rmSync(directory, { recursive: true, force: true });
  }
}

function tryTake(directory) {
  try {
    mkdirSync(dirname(directory), { recursive: true });
    mkdirSync(directory);
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw new SetupError(`cannot write to ${dirname(directory)} (${error.code}).`);
  }
  writeFileSync(join(directory, "owner"), `${process.pid} ${randomUUID()}`);
  return true;
}

function readOwner(directory) {
  try {
    const [pid, id] = readFileSync(join(directory, "owner"), "utf8").split(" ");
    return id === undefined ? undefined : { pid: Number(pid), id };
  } catch {
    return undefined;
  }
}

function isDead(directory, owner) {
  if (owner !== undefined) return !isAlive(owner.pid);
  try {
    return Date.now() - statSync(directory).mtimeMs > NAMELESS_MS;
  } catch {
    return false;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

function bury(directory, owner) {
  try {
    renameSync(directory, `${directory}.dead-${owner?.id ?? "nameless"}`);
  } catch {
    // Somebody else was faster.
  }
}

function graves(directory) {
  const prefix = `${basename(directory)}.dead-`;
  const parent = dirname(directory);
  return readdirSync(parent)
    .filter((name) => name.startsWith(prefix))
    .map((name) => join(parent, name));
}
