import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { program, Workplace } from "../programs.fixture.js";

/** With a cell of real processes and a real nats-server. */
const BENCH = program("bench/main.js");
const PROFILE = program("profile/main.js");
const HERE = fileURLToPath(new URL(".", import.meta.url));
const isCheckout = (): boolean => spawnSync("git", ["-C", HERE, "rev-parse", "HEAD"]).status === 0;
const LONG_MS = 240_000;
const aNumber = expect.any(Number) as number;

let place: Workplace;

beforeEach(async () => {
  place = await Workplace.make();
});
afterEach(() => place.remove());

describe("the loads", () => {
  it("tell what each kind of operation costs a proxy and the master", { timeout: LONG_MS }, async () => {
    const out = join(place.directory, "bench.json");
    const { code, stdout, stderr } = await place.run([BENCH, "costs", "--pairs", "1", "--seconds", "1", "--out", out]);
    expect({ code, stdout, stderr }).toMatchObject({ code: 0 });
    const { found } = JSON.parse(await readFile(out, "utf8"));
    // How much CPU time is above that of an idle cell is for a machine that does nothing else.
    for (const { samples } of found) expect(samples[0].operationsPerS).toBeGreaterThan(0);
    expect(found.map(({ load }: { load: string }) => load)).toContain("watch");
    expect(found[0]).toMatchObject({ load: "read" });
    expect(found[0].samples[0].proxy.cpuMicroseconds).toBeGreaterThan(0);
    expect(await place.leftBehind()).toEqual([]);
  });

  it("show where a proxy's time goes, as a page and a table", { timeout: LONG_MS }, async () => {
    const out = join(place.directory, "profile");
    const { code, stdout, stderr } = await place.run([PROFILE, "read", "--seconds", "1", "--out", out]);
    expect({ code, stdout, stderr }).toMatchObject({ code: 0 });
    // Which of our functions are among the rows of one second's sample is chance.
    expect(stdout).toMatch(/ (proxy|shared)\/[\w/-]+\.js:\d+ /);
    expect(JSON.parse(await readFile(join(out, "read-proxy.cpuprofile"), "utf8")).samples.length).toBeGreaterThan(100);
    expect(await readFile(join(out, "read-proxy.html"), "utf8")).toContain('<b class="own');
    expect(await place.leftBehind()).toEqual([]);
  });

  it("are put on this tree and on another revision in turns", { timeout: LONG_MS }, async () => {
    const out = join(place.directory, "compare.json");
    const size = ["--loads", "renew,anchor", "--pairs", "1", "--seconds", "1"];
    const { code, stdout, stderr } = await place.run([BENCH, "costs", ...size, "--compare", "HEAD", "--out", out]);
    if (!isCheckout()) {
      expect(stderr).toContain("--compare needs a git checkout");
      return;
    }
    expect({ code, stdout, stderr }).toMatchObject({ code: 0 });
    const { found } = JSON.parse(await readFile(out, "utf8"));
    expect(found.map(({ load }: { load: string }) => load)).toEqual(["renew", "anchor"]);
    for (const { pairs } of found)
      expect(pairs).toMatchObject([{ this: { operationsPerS: aNumber }, other: { operationsPerS: aNumber } }]);
    expect(await place.leftBehind()).toEqual([]);
  });

  it.each([[["--compare", "HEAD", "costs"]], [["--compare"]], [["nothing"]]])("%j is refused", async (args) => {
    const { code, stdout, stderr } = await place.run([BENCH, ...args]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  });

  it("are not put on a revision that is not there", async () => {
    const { code, stderr } = await place.run([BENCH, "--compare", "no-such-revision"]);
    expect(code).toBe(1);
    expect(stderr).toContain('there is no revision "no-such-revision"');
    expect(await place.leftBehind()).toEqual([]);
  });

  it("are known by name, and others refused in one line with exit code 2", async () => {
    const { code, stderr } = await place.run([PROFILE, "nothing"]);
    expect(code).toBe(2);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  });
});
