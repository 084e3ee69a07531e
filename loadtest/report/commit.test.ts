import { execFileSync, spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { commitName } from "./commit.js";

const HERE = fileURLToPath(new URL(".", import.meta.url));

/** What git says of this checkout, if it is one. */
function ours(): string {
  const { status, stdout } = spawnSync("git", ["-C", HERE, "describe", "--always", "--dirty"]);
  return status === 0 ? String(stdout).trim() : "unknown";
}

it("a run bears our commit, also where it was started in somebody else's repository", async () => {
  const elsewhere = await mkdtemp(join(tmpdir(), "octofleet-elsewhere-"));
  const git = (...args: string[]) => execFileSync("git", ["-C", elsewhere, ...args]);
  git("init", "-q");
  git("-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "-q", "--allow-empty", "-m", "x");
  const before = process.cwd();
  process.chdir(elsewhere);
  try {
    expect(commitName()).toBe(ours());
  } finally {
    process.chdir(before);
    await rm(elsewhere, { recursive: true, force: true });
  }
});
