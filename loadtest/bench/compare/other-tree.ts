import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startChild } from "../../cluster/child.js";
import type { Cleanup } from "../../cluster/cleanup.js";

/** Another revision of this repository, built. */
export interface OtherTree {
  /** As git calls it, short. */
  readonly commit: string;
  /** Its `octofleet`. */
  readonly cli: string;
}

/**
 * Checks another revision out into a temporary directory, and builds it; with this tree's packages, if it locks the
 * same, else with its own. It is taken away by the clean-up.
 *
 * @param root a directory of this repository
 * @throws Error with a sentence for people
 */
export async function buildRevision(cleanup: Cleanup, root: string, revision: string): Promise<OtherTree> {
  const top = (
    await git(root, "rev-parse", "--show-toplevel").catch((error: Error) => {
      throw new Error(`--compare needs a git checkout with the other revision in it. ${error.message}`);
    })
  ).trim();
  const commit = await commitOf(top, revision);
  const parent = await mkdtemp(join(tmpdir(), "octofleet-compare-"));
  cleanup.add(() => rm(parent, { recursive: true, force: true }));
  const tree = join(parent, "tree");
  cleanup.add(async () => void (await git(top, "worktree", "remove", "--force", tree)));
  await git(top, "worktree", "add", "--detach", tree, commit);
  await provide(top, tree);
  await must(`the build of ${revision}`, tree, process.execPath, ["node_modules/typescript/bin/tsc", "-b", "cli"]);
  const cli = join(tree, "dist", "cli", "main.js");
  if (!existsSync(cli))
    throw new Error(`${revision} has no dist/cli/main.js when it is built: it is too old to be compared.`);
  return { commit: (await git(top, "rev-parse", "--short", commit)).trim(), cli };
}

async function commitOf(top: string, revision: string): Promise<string> {
  const found = await git(top, "rev-parse", "--verify", "--quiet", "--end-of-options", `${revision}^{commit}`).catch(
    () => "",
  );
  if (found === "")
    throw new Error(`there is no revision "${revision}" in this repository. Name a commit, a tag or a branch.`);
  return found.trim();
}

/** Gives a tree the packages that it locks. */
async function provide(top: string, tree: string): Promise<void> {
  const [ours, theirs] = await Promise.all([top, tree].map((at) => readFile(join(at, "package-lock.json"), "utf8")));
  if (ours === theirs) await symlink(join(top, "node_modules"), join(tree, "node_modules"), "dir");
  else await must("npm ci of its packages", tree, "npm", ["ci", "--include=dev", "--loglevel=error"]);
}

const git = (directory: string, ...args: string[]): Promise<string> =>
  must(`git ${args[0]}`, directory, "git", ["-C", directory, ...args]);

/** Runs a program to its end. Gives what it wrote; rejects with that if it fails. */
async function must(what: string, cwd: string, command: string, args: readonly string[]): Promise<string> {
  const child = await startChild(command, command, args, { cwd });
  let output = "";
  child.process.stdout?.on("data", (data) => {
    output += String(data);
  });
  const how = await child.gone;
  if (how !== "ended with exit code 0") throw new Error(`${what} failed: it ${how}.\n${child.tail()}`.trim());
  return output;
}
