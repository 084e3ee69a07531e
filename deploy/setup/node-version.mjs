import { readFileSync } from "node:fs";
import { inRoot } from "./paths.mjs";
import { SetupError } from "./say.mjs";

/** Throws a SetupError if this Node is older than package.json's `engines` asks for. */
export function requireNode() {
  const { engines } = JSON.parse(readFileSync(inRoot("package.json"), "utf8"));
  const needed = engines.node.replace(">=", "");
  if (!isAtLeast(process.versions.node, needed))
    throw new SetupError(`Node.js ${needed} or newer is needed; this is ${process.versions.node}.`);
}

/** Whether version `have` is `needed` or newer; a part that `needed` leaves out is 0. Exported for its test. */
export function isAtLeast(have, needed) {
  const [a, b] = [have, needed].map((version) => version.split(".").map(Number));
  for (const i of [0, 1, 2]) if ((a[i] ?? 0) !== (b[i] ?? 0)) return (a[i] ?? 0) > (b[i] ?? 0);
  return true;
}
