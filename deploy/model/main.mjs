/**
 * node deploy/model/main.mjs [--without <rule>[,<rule>] | --report <file>]
 *
 * Checks the model of the protocol, docs/model/coherence.pml: that no history breaks a promise, and that without
 * any one of the rules some history does. Exit code 0 only where both are so. `--without` takes rules out and
 * prints the shortest history that shows what they are for. `--report` writes {passed, failed} as JSON.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { main, SetupError, withProgress } from "../setup/say.mjs";
import { findSpin } from "../setup/spin.mjs";
import { look, MODEL, promiseBroken } from "./checker.mjs";
import { COVERED, NEEDED, rulesIn, SCOPES } from "./rules.mjs";
import { historyText, rulesText, scopeText } from "./words.mjs";

const AT_A_TIME = 2;
const KNOWN = new Set([...NEEDED, ...COVERED].flatMap(({ rules }) => rules));

/** A rule that the table forgot would not be tried, and nobody would know. */
function requireSameRules() {
  const inModel = rulesIn(readFileSync(MODEL, "utf8"));
  const odd = [...inModel, ...KNOWN].filter((rule) => !inModel.has(rule) || !KNOWN.has(rule));
  if (odd.length > 0) throw new SetupError(`deploy/model/rules.mjs and the model differ in ${odd.join(", ")}.`);
}

async function checkAll(spin) {
  const jobs = [
    ...SCOPES.map((within) => ({ within, judge: holds, text: scopeText(within) })),
    ...NEEDED.map((one) => ({ ...one, shortest: true, judge: breaksIt, text: `without ${rulesText(one)}` })),
    ...COVERED.map((one) => ({ ...one, judge: holds, text: `without ${rulesText(one)}, where ${one.by} is kept` })),
  ];
  const results = await inOrder(jobs, (job) => look(spin, job).catch(cutShort), tell);
  const passed = results.filter((isAsItMust) => isAsItMust).length;
  return { passed, failed: results.length - passed };
}

/** Works on a few jobs at a time, and hands each outcome on when it is that job's turn. */
async function inOrder(jobs, work, handOn) {
  const outcomes = [];
  const results = [];
  let next = 0;
  const worker = async () => {
    while (next < jobs.length) {
      const index = next++;
      outcomes[index] = await work(jobs[index]);
      while (results.length in outcomes) results.push(handOn(jobs[results.length], outcomes[results.length]));
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
  return results;
}

/** Prints an outcome. True if it is what it must be. */
function tell(job, outcome) {
  const { isAsItMust, verdict } = job.judge(outcome, job);
  console.log(`${isAsItMust ? "ok    " : "FAILED"}  ${job.text.padEnd(46)}  ${verdict}`);
  return isAsItMust;
}

const cutShort = (error) => {
  if (!(error instanceof SetupError)) throw error;
  return { trouble: `${error.message}\n${error.details}` };
};

function holds({ states, seconds, history, trouble }) {
  if (trouble !== undefined) return { isAsItMust: false, verdict: trouble };
  if (history !== undefined) return { isAsItMust: false, verdict: `breaks a promise:\n${historyText(history)}` };
  return { isAsItMust: true, verdict: `holds in all ${states.toLocaleString("en")} states (${seconds.toFixed(1)} s)` };
}

function breaksIt({ states, history, trouble }, { promise }) {
  if (trouble !== undefined) return { isAsItMust: false, verdict: trouble };
  if (history === undefined) return { isAsItMust: false, verdict: `holds in all ${states} states, and must not` };
  const broken = promiseBroken(history);
  const verdict = `breaks ${broken} in ${history.length - 1} steps`;
  return { isAsItMust: broken === promise, verdict: broken === promise ? verdict : `${verdict}, not ${promise}` };
}

async function showWithout(spin, rules) {
  const unknown = rules.find((rule) => !KNOWN.has(rule));
  if (unknown !== undefined)
    throw new SetupError(`no rule is called "${unknown}". There are ${[...KNOWN].join(", ")}.`);
  const asked = rulesText({ rules });
  const within = [...NEEDED, ...COVERED].find((one) => rulesText(one) === asked)?.within ?? SCOPES[0];
  const { states, history } = await look(spin, { within, rules, shortest: true });
  console.log(`${scopeText(within)}, without ${asked}:`);
  console.log(history === undefined ? `holds in all ${states.toLocaleString("en")} states` : historyText(history));
  return 0;
}

await main(async () => {
  const [option, value = ""] = process.argv.slice(2);
  requireSameRules();
  const spin = await findSpin();
  if (option === "--without") return showWithout(spin, value.split(","));
  const counts = await withProgress("checking the model", () => checkAll(spin));
  if (option === "--report") writeFileSync(value, JSON.stringify(counts));
  console.log(`${counts.passed} passed, ${counts.failed} failed`);
  return counts.failed === 0 ? 0 : 1;
});
