import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const EXAMPLE = fileURLToPath(new URL("../../docs/examples/primary/main.mjs", import.meta.url));

it("the example of a primary: the stand-by takes over, and the store refuses what comes late", {
  timeout: 120_000,
}, async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [EXAMPLE], { timeout: 100_000 });
  expect(stdout).toMatch(/refused "\w+, late": token \d+ < \d+/);
  expect(stdout).toMatch(/changed nothing: done\n$/);
});
