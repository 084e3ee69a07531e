import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Value } from "typebox/value";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { program, Workplace } from "./programs.fixture.js";
import { ReportFile } from "./report/schema.js";

/** With a cell of real processes and a real nats-server. */
const LOADTEST = program("main.js");
const OCTOFLEET = program("../cli/main.js");
const LONG_MS = 120_000;

let place: Workplace;

beforeEach(async () => {
  place = await Workplace.make();
});
afterEach(() => place.remove());

const expectNothingLeft = async (): Promise<void> => expect(await place.leftBehind()).toEqual([]);

describe("loadtest", () => {
  const SIZE = ["--clients", "20", "--proxies", "1", "--seconds", "3", "--warm-up", "1"];

  it("measures cells of real processes, and leaves nothing behind", { timeout: LONG_MS }, async () => {
    const out = join(place.directory, "out");
    const { code, stdout, stderr } = await place.run([LOADTEST, ...SIZE, "--open-loop", "200", "--out", out]);
    expect({ code, stdout, stderr }).toMatchObject({ code: 0 });
    expect(stdout).toContain("all agree");
    const report = JSON.parse(await readFile(join(out, "report.json"), "utf8"));
    expect([...Value.Errors(ReportFile, report)]).toEqual([]);
    expect(report).toMatchObject({ mix: "chubby", clients: 20, proxies: 1, pass: true, failureReasons: [] });
    expect(report.direct.clientOps.KeepAlive).toBeGreaterThan(500);
    expect(report.proxied.clientOps).toEqual(report.direct.clientOps);
    expect(report.proxied.masterRequests["gateway keepalive"]).toBeUndefined();
    expect(report.reduction.requests).toBeGreaterThan(1);
    expect(report.direct.promises.judged).toBeGreaterThan(50);
    expect(await readFile(join(out, "report.html"), "utf8")).toContain("What the proxies spare the master");
    await expectNothingLeft();
  });

  it.each([["keepalive"], ["discovery", "--fail-over-every", "2"], ["churn"], ["election"]])(
    "plays %s, and its counts agree",
    { timeout: LONG_MS },
    async (...mix) => {
      const { code, stdout, stderr } = await place.run([LOADTEST, ...SIZE, "--mix", ...mix, "--seconds", "6"]);
      expect({ code, stdout, stderr }).toMatchObject({ code: 0 });
      await expectNothingLeft();
    },
  );

  it("runs a sweep, and is there as a command of octofleet, too", { timeout: LONG_MS }, async () => {
    const out = join(place.directory, "out");
    const [, , ...size] = SIZE;
    const flags = [...size, "--seconds", "5", "--sweep", "clients=10,5,10", "--out", out];
    const { code, stdout, stderr } = await place.run([OCTOFLEET, "loadtest", ...flags]);
    expect({ code, stdout, stderr }).toMatchObject({ code: 0 });
    const { sweep } = JSON.parse(await readFile(join(out, "report.json"), "utf8"));
    expect(sweep.map(({ clients }: { clients: number }) => clients)).toEqual([5, 10]);
    await expectNothingLeft();
  });

  it("measures a master under virtual proxies, kills it, and loses none of their sessions", {
    timeout: LONG_MS,
  }, async () => {
    const out = join(place.directory, "out");
    const size = ["--virtual-proxies", "5", "--sessions-per-proxy", "100", "--locked", "20", "--churn", "100"];
    const { code, stdout, stderr } = await place.run([LOADTEST, ...size, "--seconds", "2", "--out", out]);
    expect({ code, stdout, stderr }).toMatchObject({ code: 0, stdout: expect.stringContaining("Passed") });
    const found = JSON.parse(await readFile(join(out, "capacity.json"), "utf8"));
    expect(found).toMatchObject({ pass: true, failureReasons: [], anchoring: { sessions: 500 }, sessionsLost: 0 });
    expect(found.churn.ended.silent).toBeGreaterThan(0);
    expect(found.churn.ended.closed).toBeGreaterThan(0);
    expect(found.churn.rounds).toBeGreaterThan(0);
    expect(found.recovery).toMatchObject({ sessionsAtMaster: 500, sessionsAtProxies: 500, orphans: 0 });
    await expectNothingLeft();
  });

  it("ends what it started at Ctrl-C", { timeout: LONG_MS }, async () => {
    let interrupted = false;
    const { code } = await place.run(
      [LOADTEST, "--clients", "4", "--seconds", "60", "--warm-up", "0"],
      (text, kill) => {
        if (interrupted || !text.includes("measuring")) return;
        interrupted = true;
        kill("SIGINT");
      },
    );
    expect(code).toBe(130);
    await expectNothingLeft();
  });

  it.each([
    ["an unknown flag", ["--client", "3"]],
    ["a bad value", ["--clients", "many"]],
    ["a rate below that of real clients", ["--clients", "100", "--open-loop", "20"]],
    ["a rate below that of a later size", ["--sweep", "clients=5,2000", "--open-loop", "20"]],
    ["a number of clients beside a sweep", ["--clients", "7", "--sweep", "clients=5"]],
    ["a sweep of something else", ["--sweep", "proxies=1,2"]],
    ["an argument that it does not take", ["fast"]],
    ["sessions of virtual proxies without any", ["--sessions-per-proxy", "5"]],
    ["fail-overs of a mix that has none", ["--mix", "churn", "--fail-over-every", "3"]],
    ["a mix for virtual proxies", ["--virtual-proxies", "2", "--mix", "churn"]],
  ])("refuses %s in one line, with exit code 2", async (_, args) => {
    const { code, stdout, stderr } = await place.run([LOADTEST, ...args]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  });
});
