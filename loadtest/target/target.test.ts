import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Value } from "typebox/value";
import { request } from "undici";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startBuiltCell } from "../client/built-cell.fixture.js";
import type { Cell } from "../cluster/cell.js";
import { Cleanup } from "../cluster/cleanup.js";
import type { Member } from "../cluster/member.js";
import { scrape } from "../cluster/metrics.js";
import { program, Workplace } from "../programs.fixture.js";
import { reportIn } from "../report/report.fixture.js";
import { ReportFile } from "../report/schema.js";

const LOADTEST = program("main.js");
const LONG_MS = 120_000;
const SIZE = ["--clients", "20", "--seconds", "2", "--warm-up", "0", "--open-loop", "200"];

/** A cell that runs before the load test comes, and after it has gone. */
const cleanup = new Cleanup();
let cell: Cell;
let proxies: readonly Member[];
let place: Workplace;
let flags: readonly string[];

beforeAll(async () => {
  cell = await startBuiltCell(cleanup, 3);
  proxies = [await cell.startProxy(), await cell.startProxy()];
}, LONG_MS);
afterAll(() => cleanup.run());

beforeEach(async () => {
  place = await Workplace.make();
  const tokensFile = join(place.directory, "tokens");
  const [one, other] = cell.tokens;
  await writeFile(tokensFile, `# two of its users\nuser0:${one}\n${other}\n`);
  const gateways = proxies.flatMap(({ url }) => ["--target", url]);
  flags = [...gateways, "--master", cell.master.url, "--tokens-file", tokensFile];
});
afterEach(() => place.remove());

async function expectNothingTaken(): Promise<void> {
  const metrics = await scrape(cell.master.url);
  const held = ["locks", "sessions", "waiting_places"].map((what) => metrics.sum(`octofleet_master_${what}`));
  expect(held).toEqual([0, 0, 0]);
}

describe("a load test of a running cell", () => {
  it("asks its master both ways in turns, agrees with its counts, and leaves it as it was", {
    timeout: LONG_MS,
  }, async () => {
    const out = join(place.directory, "out");
    const { code, stdout, stderr } = await place.run([LOADTEST, ...flags, ...SIZE, "--out", out]);
    expect({ code, stdout, stderr }).toMatchObject({ code: 0 });
    const report = await reportIn(out);
    expect([...Value.Errors(ReportFile, report)]).toEqual([]);
    const { direct, proxied, target } = report;
    expect(report).toMatchObject({ pass: true, failureReasons: [], proxies: 2 });
    expect(target).toEqual({ master: cell.master.url, gateways: proxies.map(({ url }) => url) });
    expect(direct.clientOps.KeepAlive).toBeGreaterThan(300);
    expect(proxied.clientOps).toEqual(direct.clientOps);
    expect(direct.masterRequests["link renew"]).toBeUndefined();
    expect(proxied.masterRequests["gateway keepalive"]).toBeUndefined();
    expect(proxied.masterRequests["link renew"]).toBeGreaterThan(1);
    expect(direct.masterCpuS).toBeGreaterThan(0);
    expect(report.idle.masterCpuS).toBeGreaterThan(0);
    expect(direct.promises.judged).toBeGreaterThan(20);
    await expectNothingTaken();
  });

  it("does not pass while others use the cell, and says so", { timeout: LONG_MS }, async () => {
    const headers = { authorization: `Bearer ${cell.tokens[2]}` };
    const stranger = setInterval(() => {
      void request(`${cell.master.url}/locks/mine`, { headers }).then(({ body }) => body.dump());
    }, 50);
    const { code, stdout } = await place.run([LOADTEST, ...flags, ...SIZE]);
    clearInterval(stranger);
    expect(code).toBe(1);
    expect(stdout).toMatch(/FAILED {2}Others use this cell: \d+ requests came/);
    expect(stdout).toContain("direct: at the master's gateway, status");
  });

  it("gives back what it took at Ctrl-C", { timeout: LONG_MS }, async () => {
    let interrupted = false;
    const many = ["--mix", "discovery", "--clients", "40", "--seconds", "60", "--warm-up", "30"];
    const { code } = await place.run([LOADTEST, ...flags, ...many], (text, kill) => {
      if (interrupted || !text.includes("warming up")) return;
      interrupted = true;
      void scrape(cell.master.url).then((metrics) => {
        expect(metrics.sum("octofleet_master_locks")).toBeGreaterThan(0);
        kill("SIGINT");
      });
    });
    expect(code).toBe(130);
    await expectNothingTaken();
  });

  it("says what a user of the cell may not", { timeout: LONG_MS }, async () => {
    const { code, stderr } = await place.run([LOADTEST, ...flags, "--clients", "500", "--seconds", "1"]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/error: the cell lets a user hold fewer locks .* --locks-per-principal 600,/);
    await expectNothingTaken();
  });

  it.each([
    ["no master", ["--target", "http://127.0.0.1:1"], "needs --master"],
    ["a master without a proxy", ["--master", "http://127.0.0.1:1"], "go with --target"],
    [
      "a token in an address",
      ["--target", "http://t@127.0.0.1:1", "--master", "http://127.0.0.1:1"],
      "not of the form",
    ],
    ["TLS, which would not be verified", ["--target", "https://127.0.0.1:1"], "not of the form http://"],
    [
      "a number of proxies",
      ["--target", "http://a", "--master", "http://b", "--proxies", "2"],
      "each --target is a proxy",
    ],
    ["no tokens", ["--target", "http://a", "--master", "http://b"], "one name:token, or token, for each user"],
  ])("refuses %s in one line, with exit code 2", async (_, args, why) => {
    const { code, stderr } = await place.run([LOADTEST, ...args]);
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining(why) });
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  });

  it("tells a master from a proxy", { timeout: LONG_MS }, async () => {
    const [proxy] = proxies as [Member];
    const tokens = ["--tokens-file", flags.at(-1) as string];
    const run = (target: string, master: string) =>
      place.run([LOADTEST, "--target", target, "--master", master, ...tokens]);
    const wrongTarget = await run(cell.master.url, cell.master.url);
    const wrongMaster = await run(proxy.url, proxy.url);
    expect([wrongTarget.code, wrongMaster.code]).toEqual([1, 1]);
    expect(wrongTarget.stderr).toContain("are not those of a proxy");
    expect(wrongMaster.stderr).toContain("are not those of a master");
  });
});
