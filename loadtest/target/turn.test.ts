import { describe, expect, it } from "vitest";
import { NOTHING } from "../report/reading.js";
import { isSharedCpu } from "./turn.js";

const turn = (master: number | undefined, proxies: number | undefined) => ({
  master: { ...NOTHING, cpuSeconds: master },
  proxies: { ...NOTHING, cpuSeconds: proxies },
});

describe("CPU time while clients ask the master directly", () => {
  it.each([
    ["that all proxies show too is one process's", 1, 1.98, true],
    ["of which proxies have little is the master's own", 1, 0.2, false],
    ["that nobody tells says nothing", undefined, undefined, false],
  ])("%s", (_, master, proxies, isOne) => expect(isSharedCpu(turn(master, proxies), 2)).toBe(isOne));
});
