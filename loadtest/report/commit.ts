import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const HERE = fileURLToPath(new URL(".", import.meta.url));
/** Where this file stands in a checkout of ours, built or not; a package that is installed in somebody's repository stands elsewhere. */
const OUR_PLACE = /^(dist\/)?loadtest\/report\/$/;

/** What is being run, as git calls it; `unknown` in a copy without git. */
export function commitName(): string {
  try {
    return OUR_PLACE.test(git("rev-parse", "--show-prefix")) ? git("describe", "--always", "--dirty") : "unknown";
  } catch {
    return "unknown";
  }
}

const git = (...args: string[]): string =>
  execFileSync("git", ["-C", HERE, ...args], { stdio: ["ignore", "pipe", "ignore"] })
    .toString()
    .trim();
