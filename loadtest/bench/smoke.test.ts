import { access, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Ended, program, Workplace } from "../programs.fixture.js";
import { onPath } from "./peers/on-path.js";

/** All benches run once, with cells of real processes and beside those peers that are installed; each test looks at what one of them wrote. */
const BENCH = program("bench/main.js");
const LONG_MS = 300_000;

let place: Workplace;
let ended: Ended;

beforeAll(async () => {
  place = await Workplace.make();
  ended = await place.run([BENCH, "all", "--tiny", "--peers", "--out", join(place.directory, "out")]);
}, LONG_MS);
afterAll(() => place.remove());

const record = async (name: string) => {
  const file = join(place.directory, "out", `bench-${name}.json`);
  await access(file).catch(() => expect.fail(`bench ${name} wrote nothing:\n${ended.stdout}\n${ended.stderr}`));
  return JSON.parse(await readFile(file, "utf8"));
};
const aNumber = expect.any(Number) as number;

describe("bench", () => {
  it("ends with all bars, a page, and nothing left behind", async () => {
    expect(ended.stdout).toContain("cached read over HTTP, by CPU");
    expect(ended.stdout).not.toContain("did not run to its end");
    // Whether bars are reached is for larger sizes, and a machine that does nothing else.
    expect(ended.stdout).toMatch(/All bars are reached|Some bars are MISSED/);
    expect(await readFile(join(place.directory, "out", "bench-all.html"), "utf8")).toContain("CPU of one read");
    expect(await place.leftBehind()).toEqual([]);
  });

  it.each(["read", "read-ws", "locks"])("%s measures what it should", async (name) => {
    const { verdict } = await record(name);
    expect(verdict.flaws).toEqual([]);
    expect(verdict.cpuRatio).toBeGreaterThan(0);
  });

  it("write shows that each proxy that holds a key was asked", async () => {
    const { verdict } = await record("write");
    expect(verdict).toMatchObject({ flaws: [], judged: { proxies: 2 } });
    expect(verdict.costs.map((cost: { acksPerWrite: number }) => cost.acksPerWrite)).toEqual([1, 2]);
    expect(verdict.unheld.counted).toEqual({ rounds: 0, acks: 0 });
  });

  it("sessions kills what they live by, and loses none of them", async () => {
    const { verdict, findings } = await record("sessions");
    const nothingLost = { sessionsLost: 0, locksLost: 0 };
    expect(verdict).toMatchObject({ proxyDeath: nothingLost, masterDeath: nothingLost, doubleHolders: 0 });
    expect(findings.deaths).toMatchObject({ losses: [], fencing: [], grantedInTheEnd: 4 });
    expect(verdict.renewals.flat().map(({ sessions }: { sessions: number }) => sessions)).toEqual([5, 100, 4, 100]);
  });

  it("watch tells every watcher of each change, and a stuck one of nothing", async () => {
    const { verdict } = await record("watch");
    expect(verdict).toMatchObject({ watchers: 40, flaws: [] });
  });

  it("failover hands locks over from the living and the dead", async () => {
    const { findings } = await record("failover");
    expect(findings).toMatchObject({ holderDeath: [aNumber], proxyDeath: [aNumber] });
    expect(findings.masterDeath).toMatchObject([{ freshReadMs: aNumber, writeMs: aNumber }]);
  });

  it("measures nginx where it is installed, and says so where it is not", async () => {
    const { verdict } = await record("read");
    if ((await onPath("nginx")) === undefined) expect(ended.stderr).toContain("nginx is not on PATH: left out.");
    else expect(verdict.peers.nginx.cpuMicroseconds).toBeGreaterThan(0);
  });

  it("measures etcd where it is installed, and says so where it is not", async () => {
    if ((await onPath("etcd")) === undefined) {
      expect(ended.stderr).toContain("etcd is not on PATH: left out.");
      return;
    }
    expect((await record("read")).verdict.peers.etcdLinearizable.cpuMicroseconds).toBeGreaterThan(0);
    expect((await record("sessions")).findings.etcdLeases).toMatchObject({ leases: 5, failures: 0 });
    expect((await record("watch")).verdict.peer).toMatchObject({ watchers: 40 });
    expect((await record("failover")).findings.etcd).toMatchObject({ holderDeath: [aNumber], serverDeath: [aNumber] });
  });

  it("refuses to judge where no proxy has a process of its own", async () => {
    const { code, stderr } = await place.run([BENCH, "write", "--proxies", "3", "--processes", "2"]);
    expect(code).toBe(2);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  });

  it("lists its benches", async () => {
    const { code, stdout } = await place.run([BENCH, "--help"]);
    expect(code).toBe(0);
    for (const name of ["read", "read-ws", "write", "locks", "sessions", "watch", "failover", "all"])
      expect(stdout).toMatch(new RegExp(`^ +${name} `, "m"));
  });
});
