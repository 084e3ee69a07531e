import { join } from "node:path";
import { writeRecord } from "../bench/record.js";
import { commitName } from "../report/commit.js";
import { runCapacity } from "./capacity-run.js";
import type { CapacitySizes } from "./findings.js";
import { failureReasons } from "./verdict.js";
import { capacityText } from "./verdict-text.js";

/** Measures a master under virtual proxies, and says so; true if every check held. `out`: a directory, gets `capacity.json`. */
export async function measureCapacity(sizes: CapacitySizes, out: string | undefined): Promise<boolean> {
  const findings = await runCapacity(sizes);
  const failures = failureReasons(findings);
  const pass = failures.length === 0;
  process.stdout.write(`\n${capacityText(findings)}\n`);
  if (out !== undefined) {
    const record = { commit: commitName(), pass, failureReasons: failures, ...findings };
    await writeRecord(join(out, "capacity.json"), record);
  }
  return pass;
}
