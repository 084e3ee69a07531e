/**
 * Runs Spin: makes a checker out of the model, compiles it, lets it look at every state, and reads what it says.
 */
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { capture } from "../setup/child.mjs";
import { inRoot } from "../setup/paths.mjs";
import { SetupError } from "../setup/say.mjs";

export const MODEL = inRoot("docs", "model", "coherence.pml");

const COPY = "model.pml";
const MEMORY_MB = 4000;
const TIME_MS = 300_000;
const SEARCH_DEPTH = 100_000;
const NO_COMPILER = "the protocol's model needs a C compiler. Debian, Ubuntu: apt-get install gcc libc6-dev";
/** What the checker says when it gave up before it had seen all. */
const GAVE_UP = /Search not completed|max search depth too small|out of memory|reached -DMEMLIM/;

/**
 * Looks at every history within a scope, without some rules. Resolves to {states, seconds, history}: `history`
 * is the shortest list of steps that breaks a promise, or undefined if none does. `shortest`: one is expected,
 * so begin with the search that finds the shortest, which takes more memory. Throws if not all was looked at.
 */
export async function look(spin, { within, rules = [], shortest = false }) {
  const work = mkdtempSync(join(tmpdir(), "octofleet-model-"));
  try {
    const startMs = performance.now();
    const options = optionsOf(within, rules);
    // Spin writes the history that it finds beside the model.
    copyFileSync(MODEL, join(work, COPY));
    await mustRun(spin, ["-a", ...options, COPY], work);
    const kind = shortest ? ["-O0", "-DBFS"] : ["-O2"];
    const flags = ["-w", ...kind, "-DSAFETY", "-DNOREDUCE", `-DMEMLIM=${MEMORY_MB}`];
    await mustRun("gcc", [...flags, "-o", "pan", "pan.c"], work);
    const searched = await capture(join(work, "pan"), [`-m${SEARCH_DEPTH}`, "-w22"], { cwd: work, timeoutMs: TIME_MS });
    const { states, errors } = countsIn(searched.output);
    if (errors > 0 && !shortest) return await look(spin, { within, rules, shortest: true });
    const history = errors === 0 ? undefined : await replay(spin, options, work);
    return { states, seconds: (performance.now() - startMs) / 1000, history };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function optionsOf({ proxies, keys, writes, leaseTicks }, [without, andWithout]) {
  const options = [`-DPROXIES=${proxies}`, `-DKEYS=${keys}`, `-DWRITES=${writes}`, `-DLEASE=${leaseTicks}`];
  if (without !== undefined) options.push(`-DWITHOUT=${without}`);
  if (andWithout !== undefined) options.push(`-DAND_WITHOUT=${andWithout}`);
  return options;
}

async function mustRun(program, args, cwd) {
  const { code, output } = await capture(program, args, { cwd });
  if (code === 127) throw new SetupError(NO_COMPILER);
  if (code !== 0 || output.includes("Error:")) throw new SetupError(`${program} ${args.join(" ")} failed.`, output);
}

/** How many states were seen, and how many errors. Throws if the search was cut short. */
export function countsIn(output) {
  const states = /([\d.e+]+) states, stored/.exec(output);
  const errors = /errors: (\d+)/.exec(output);
  const isWhole = errors !== null && states !== null && (errors[1] !== "0" || !GAVE_UP.test(output));
  if (!isWhole) throw new SetupError("the checker did not get through.", output);
  return { states: Number(states[1]), errors: Number(errors[1]) };
}

/** What the model prints as the steps are taken again: `- ` and a step, and at last `** ` and the promise. */
async function replay(spin, options, cwd) {
  const { output } = await capture(spin, ["-t", ...options, COPY], { cwd });
  const said = output.split("\n").map((line) => /^ *(- (.*)|\*\* .*)$/.exec(line));
  return said.filter(Boolean).map(([, line, step]) => step ?? line);
}

/** `P3`, where a history ends with `** P3_fresh_reads is broken`; undefined where it breaks no promise. */
export const promiseBroken = (history) => /^\*\* (P\d+)\w* is broken$/.exec(history?.at(-1) ?? "")?.[1];
