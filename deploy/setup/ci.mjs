/**
 * node deploy/setup/ci.mjs: `npm test`, `npm run check`, `npm run model`, and the unit tests on the other versions of Node
 * that we promise. Ends with one line, `N passed, N failed`, counted from the reports of the runs.
 */
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { capture, runInTerminal } from "./child.mjs";
import { CACHE, inRoot } from "./paths.mjs";
import { main, say } from "./say.mjs";
import { countCheck, countTests, sum } from "./tally.mjs";

const OTHER_NODES = ["22.23.3", "24.21.0"];
const REPORTS = inRoot("reports");
const VITEST = inRoot("node_modules", "vitest", "vitest.mjs");
const MINUTE_MS = 60_000;

const reportFile = (name) => inRoot("reports", `${name}.json`);
const readReport = (file) => (existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined);
const reporting = (file) => ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`];

async function wholeSuite() {
  say(`the whole suite on Node ${process.versions.node}`);
  const file = reportFile(`tests-node-${process.versions.node}`);
  const code = await runInTerminal("npm", ["test", "--silent", "--", ...reporting(file)]);
  return countTests(code, readReport(file));
}

async function guards() {
  say("the guards");
  const file = reportFile("check");
  const code = await runInTerminal("npm", ["run", "check", "--silent", "--", "--report", file]);
  return countCheck(code, readReport(file));
}

async function protocolModel() {
  say("the protocol's model");
  const file = reportFile("model");
  const code = await runInTerminal("npm", ["run", "model", "--silent", "--", "--report", file]);
  return countCheck(code, readReport(file));
}

async function unitTestsOn(version) {
  const node = await getNode(version);
  if (node === undefined) {
    say(`Node ${version} cannot be had from npm here: the unit tests did not run on it`);
    return { passed: 0, failed: 0 };
  }
  say(`the unit tests on Node ${version}`);
  const file = reportFile(`tests-node-${version}`);
  const args = [VITEST, "run", "--project", "unit", ...reporting(file)];
  const { code, output } = await capture(node, args, { timeoutMs: 5 * MINUTE_MS });
  console.log(code === 0 ? `Node ${version}: ok` : output);
  return countTests(code, readReport(file));
}

/** The path of that Node, installed into the cache at need; undefined if it cannot be had. */
async function getNode(version) {
  const home = `${CACHE}/node-${version}`;
  const node = `${home}/node_modules/node/bin/node`;
  if (await isNode(node, version)) return node;
  mkdirSync(home, { recursive: true });
  const args = ["install", "--prefix", home, "--no-save", "--no-package-lock", `node@${version}`];
  await capture("npm", args, { cwd: home, timeoutMs: 2 * MINUTE_MS });
  return (await isNode(node, version)) ? node : undefined;
}

const isNode = async (path, version) => (await capture(path, ["--version"])).output.trim() === `v${version}`;

await main(async () => {
  rmSync(REPORTS, { recursive: true, force: true });
  mkdirSync(REPORTS);
  const counts = [await wholeSuite(), await guards(), await protocolModel()];
  for (const version of OTHER_NODES) counts.push(await unitTestsOn(version));
  const { passed, failed } = sum(counts);
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
});
