import { describe, expect, it } from "vitest";
import { SimRandom } from "../../shared/sim/sim-random.js";
import { schedule } from "../driver/schedule.js";
import { CHUBBY_FILES, CHUBBY_PPM, chubby } from "./chubby.js";
import { Names } from "./names.js";

/** Chi-square of 5 degrees of freedom, at which one right mix in a thousand would be refused. */
const CHI_SQUARE_MAX = 20.52;
const CLIENTS = 2_000;
const HOURS_MS = 5 * 3_600_000;

function scheduled(seed: string, untilMs: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { kind, atMs } of schedule({ mix: chubby, clients: CLIENTS, speed: 1, seed, failOvers: true })) {
    if (atMs >= untilMs) return counts;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}

describe("the mix that Chubby's authors measured", () => {
  it("has the shares of the paper's table, and states what the table does not", () => {
    expect(CHUBBY_PPM).toEqual({
      KeepAlive: 930_000,
      GetStat: 45_289,
      Open: 10_000,
      CreateSession: 10_000,
      GetContentsAndStat: 4_000,
      SetContents: 680,
      Acquire: 31,
    });
    expect(Object.values(CHUBBY_PPM).reduce((sum, ppm) => sum + ppm, 0)).toBe(1_000_000);
  });

  it.each(["1", "2"])("is what clients with seed %s do, at real rates", (seed) => {
    const { KeepAlive, ...others } = CHUBBY_PPM;
    const counts = scheduled(seed, HOURS_MS);
    const keepAlives = (CLIENTS * HOURS_MS) / 4_000;
    expect(counts.get("KeepAlive")).toBe(keepAlives);
    const chiSquare = Object.entries(others).reduce((sum, [kind, ppm]) => {
      const expected = (keepAlives * ppm) / KeepAlive;
      return sum + ((counts.get(kind) ?? 0) - expected) ** 2 / expected;
    }, 0);
    expect(chiSquare).toBeLessThan(CHI_SQUARE_MAX);
  });

  it("is the same for the same seed, and another for another", () => {
    expect(scheduled("7", 600_000)).toEqual(scheduled("7", 600_000));
    expect(scheduled("7", 600_000)).not.toEqual(scheduled("8", 600_000));
  });
});

describe("the files of that mix", () => {
  const names = new Names(CHUBBY_FILES, CLIENTS);
  const all = Array.from({ length: names.files }, (_, index) => index);

  it("have ten clients each, who look at ten each", () => {
    const random = new SimRandom(1);
    const clients = new Map<number, Set<number>>();
    for (let client = 0; client < CLIENTS; client += 1) {
      const own = new Set(Array.from({ length: 200 }, () => names.fileOf(client, random)));
      expect(own.size).toBe(10);
      for (const file of own) clients.set(file, (clients.get(file) ?? new Set()).add(client));
    }
    expect(clients.size).toBe(names.files);
    for (const each of clients.values()) expect(each.size).toBe(10);
  });

  it("serve naming to 60 %, and are below 1 KiB to 90 %", () => {
    const share = (is: (index: number) => boolean): number => all.filter(is).length / all.length;
    expect(share((index) => names.file(index).startsWith("load/name-"))).toBeCloseTo(0.6, 2);
    expect(share((index) => Buffer.byteLength(names.contents(index, 7)) < 1_024)).toBeCloseTo(0.9, 2);
    expect(Math.max(...all.map((index) => names.contents(index, 1_000_000).length))).toBe(1_024);
  });

  it("differ from version to version in what the witness keeps of them", () => {
    for (const index of all) {
      const heads = [1, 2, 999_999].map((version) => names.contents(index, version).slice(0, 24));
      expect(new Set(heads).size).toBe(3);
    }
  });

  it("are looked up in vain as often as the paper's clients cached absent names", () => {
    const random = new SimRandom(1);
    const found = Array.from({ length: 100_000 }, (_, at) => names.lookedUpBy(at % CLIENTS, random));
    const absent = found.filter((name) => name.startsWith("load/absent-")).length / found.length;
    expect(absent).toBeCloseTo(CHUBBY_FILES.absentShare, 2);
    const known = new Set(Array.from({ length: names.count }, (_, index) => names.at(index)));
    expect(found.every((name) => known.has(name))).toBe(true);
  });
});
