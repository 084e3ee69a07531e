import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { commitName } from "./commit.js";

it("a run bears our commit, also where it was started in somebody else's repository", async () => {
  const elsewhere = await mkdtemp(join(tmpdir(), "octofleet-elsewhere-"));
  const ours = commitName();
  const git = (...args: string[]) => execFileSync("git", ["-C", elsewhere, ...args]);
  git("init", "-q");
  git("-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "-q", "--allow-empty", "-m", "x");
  const before = process.cwd();
  process.chdir(elsewhere);
  try {
    expect(commitName()).toBe(ours);
  } finally {
    process.chdir(before);
    await rm(elsewhere, { recursive: true, force: true });
  }
});
