import type { Finding } from "../check/case.js";
import { commitName } from "../report/commit.js";
import { traceText } from "./describe.js";
import type { Plan } from "./plan.js";
import { run } from "./run.js";
import { shrink } from "./shrink.js";

/**
 * A failure as a person can follow it: what was broken, and then, made as small as it still breaks, who did
 * what, when, in order. `replay` is the line that does all this again.
 */
export async function failureText(plan: Plan, first: Finding, replay: string): Promise<string> {
  const breaksAgain = async (smaller: Plan): Promise<boolean> =>
    (await run(smaller)).findings.some(({ promise }) => promise === first.promise);
  const small = await shrink(plan, breaksAgain);
  const { findings, trace } = await run(small, { tracing: true });
  const shown = findings.find(({ promise }) => promise === first.promise) ?? first;
  return [
    `${first.promise} was broken in seed ${plan.seed}, commit ${commitName()}:`,
    `  ${first.text.replaceAll("\n", "\n  ")}`,
    "",
    `The same with ${small.faults.length} of ${plan.faults.length} faults and ${small.steps.length} of ${plan.steps.length} steps:`,
    `  ${shown.text.replaceAll("\n", "\n  ")}`,
    "",
    `Clocks: master ${small.masterRate}, ${small.proxies.map(({ name, rate }) => `${name} ${rate}`).join(", ")}. ` +
      `Noise: ${JSON.stringify(small.noise)}.`,
    "What happened (ms, who, what):",
    traceText(trace),
    "",
    `Replay: ${replay}`,
  ].join("\n");
}
