import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { program, Workplace } from "../programs.fixture.js";
import type { ChaosRun } from "./run.js";

const CHAOS = program("chaos/main.js");
const LONG_MS = 120_000;
/** A short plan in which a proxy and the master are stopped for longer than a lease, and much else. */
const EVENTFUL = ["--seconds", "12", "--seed", "9"];

let place: Workplace;
beforeEach(async () => {
  place = await Workplace.make();
});
afterEach(() => place.remove());

describe("chaos", () => {
  it("P1 to P7, P10, P11: breaks much, and no promise, and leaves nothing behind", { timeout: LONG_MS }, async () => {
    const json = join(place.directory, "result.json");
    const { code, stdout, stderr } = await place.run([CHAOS, ...EVENTFUL, "--json", json]);
    expect({ code, stdout, stderr }).toMatchObject({ code: 0 });
    const { findings, struck, measures, sessions } = JSON.parse(await readFile(json, "utf8")) as ChaosRun;
    expect(findings).toEqual([]);
    const kinds = new Set(struck.map(({ fault }) => fault.kind));
    expect([...kinds]).toEqual(expect.arrayContaining(["kill", "pause", "refuse", "reset", "delay"]));
    const ok = Object.fromEntries(measures.operations.map((count) => [count.kind, count.ok]));
    expect(ok.acquire).toBeGreaterThan(0);
    expect(ok.setMetadata).toBeGreaterThan(10);
    expect(ok.read).toBeGreaterThan(200);
    const { opened, grants, changes, held, died, roamed, rolling } = sessions;
    for (const much of [opened, grants, changes, held, died, roamed.alive, roamed.sought, rolling.sessions])
      expect(much).toBeGreaterThan(0);
    expect(measures.writes.measured + measures.writes.excused).toBeGreaterThan(0);
    expect(await place.leftBehind()).toEqual([]);
  });

  it("ends what it started at Ctrl-C, also what is stopped", { timeout: LONG_MS }, async () => {
    let interrupted = false;
    const { code } = await place.run([CHAOS, ...EVENTFUL], (text, kill) => {
      if (interrupted || !text.includes("p2 is stopped")) return;
      interrupted = true;
      kill("SIGINT");
    });
    expect({ code, interrupted }).toEqual({ code: 130, interrupted: true });
    expect(await place.leftBehind()).toEqual([]);
  });

  it("prints its plan, the same for the same seed", async () => {
    const [one, again, other] = await Promise.all(
      ["9", "9", "10"].map((seed) => place.run([CHAOS, "--plan", "--seed", seed])),
    );
    expect(one?.stdout).toMatch(/1\.5 s {2}p2 is stopped for/);
    expect(again?.stdout).toBe(one?.stdout);
    expect(other?.stdout).not.toBe(one?.stdout);
  });

  it.each([
    ["a plant that there is not", ["--plant", "nothing"], 1],
    ["a time that is too short", ["--seconds", "1"], 2],
  ])("refuses %s in one line", async (_, args, exitCode) => {
    const { code, stdout, stderr } = await place.run([CHAOS, ...args]);
    expect({ code, stdout }).toEqual({ code: exitCode, stdout: "" });
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  });
});
