import { existsSync } from "node:fs";
import { inRoot } from "./paths.mjs";

const bin = (name, path) => inRoot("node_modules", name, path);
const ROOMS = ["shared", "master", "proxy", "client", "cli", "loadtest"].filter((room) => existsSync(inRoot(room)));

/** dependency-cruiser that found nothing to cruise has checked nothing, and says that all is well. */
const cruisedSomething = (output) => /\([1-9]\d* modules/.test(output);

/**
 * The guards: name, script and arguments; `fix` where the tool can mend what it finds. `holds` is what a
 * run that ended with 0 must have said besides.
 */
export const CHECKS = [
  {
    name: "format",
    script: bin("@biomejs", "biome/bin/biome"),
    args: ["check", "--error-on-warnings", "."],
    fix: ["check", "--write", "."],
  },
  {
    name: "lint",
    script: bin("oxlint", "bin/oxlint"),
    args: ["--type-aware", "--deny-warnings"],
    fix: ["--type-aware", "--fix"],
  },
  { name: "types", script: bin("typescript", "bin/tsc"), args: ["-b"] },
  {
    name: "layers",
    script: bin("dependency-cruiser", "bin/dependency-cruise.mjs"),
    args: ["--config", ".dependency-cruiser.cjs", ...ROOMS],
    holds: cruisedSomething,
  },
  {
    name: "dead code",
    script: bin("knip", "bin/knip.js"),
    args: ["--no-progress"],
    fix: ["--no-progress", "--fix"],
  },
  { name: "tidy", script: bin("vitest", "vitest.mjs"), args: ["run", "shared/tidy"] },
];
