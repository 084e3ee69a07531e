import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Cleanup } from "../../cluster/cleanup.js";
import { buildRevision } from "./other-tree.js";

const PACKAGES = fileURLToPath(new URL("../../../node_modules", import.meta.url));
const IDENTITY = ["-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "commit.gpgsign=false"];

describe("another revision", () => {
  let root: string;
  let cleanup: Cleanup;
  const git = (...args: string[]) =>
    execFileSync("git", ["-C", root, ...IDENTITY, ...args], { stdio: "pipe" }).toString();
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "octofleet-repository-"));
    cleanup = new Cleanup();
  });
  afterEach(async () => {
    await cleanup.run();
    await rm(root, { recursive: true, force: true });
  });

  it("must be in a repository", async () => {
    await expect(buildRevision(cleanup, root, "HEAD")).rejects.toThrow(/^--compare needs a git checkout/);
  });

  it.each(["nowhere", "--help", ""])("%j must be one that is there", async (revision) => {
    git("init", "-q");
    git("commit", "-q", "--allow-empty", "-m", "x");
    await expect(buildRevision(cleanup, root, revision)).rejects.toThrow(`there is no revision "${revision}"`);
  });

  it("is built as it was, with the packages that are there, and taken away again", async () => {
    git("init", "-q");
    await mkdir(join(root, "cli"));
    await symlink(PACKAGES, join(root, "node_modules"), "dir");
    const options = { outDir: "../dist/cli", composite: true, types: [], skipLibCheck: true };
    await writeFile(
      join(root, "cli", "tsconfig.json"),
      JSON.stringify({ compilerOptions: options, files: ["main.ts"] }),
    );
    await writeFile(join(root, "package-lock.json"), "{}");
    for (const version of ["old", "new"]) {
      await writeFile(join(root, "cli", "main.ts"), `export const version: string = "${version}";\n`);
      git("add", "cli", "package-lock.json");
      git("commit", "-q", "-m", version);
    }
    const { cli, commit } = await buildRevision(cleanup, root, "HEAD~1");
    expect(await readFile(cli, "utf8")).toContain('"old"');
    expect(git("rev-parse", "HEAD~1")).toMatch(new RegExp(`^${commit}`));
    await cleanup.run();
    await expect(readFile(cli)).rejects.toThrow("ENOENT");
    expect(git("worktree", "list").trim().split("\n")).toHaveLength(1);
  });

  it("leaves nothing behind, also when it cannot be built", async () => {
    git("init", "-q");
    git("commit", "-q", "--allow-empty", "-m", "x");
    const before = await readdir(tmpdir());
    await expect(buildRevision(cleanup, root, "HEAD")).rejects.toThrow();
    await cleanup.run();
    const left = (await readdir(tmpdir())).filter(
      (name) => name.startsWith("octofleet-compare-") && !before.includes(name),
    );
    expect(left).toEqual([]);
    expect(git("worktree", "list").trim().split("\n")).toHaveLength(1);
  });
});
