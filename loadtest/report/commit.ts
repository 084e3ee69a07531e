import { execFileSync } from "node:child_process";

/** What is being run, as git calls it; `unknown` in a copy without git. */
export function commitName(): string {
  try {
    const said = execFileSync("git", ["describe", "--always", "--dirty"], { stdio: ["ignore", "pipe", "ignore"] });
    return said.toString().trim();
  } catch {
    return "unknown";
  }
}
