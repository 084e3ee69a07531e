import { describe, expect, it } from "vitest";
import { SimClock } from "../shared/sim/sim-clock.js";
import { ProxyList } from "./proxy-list.js";

describe("the kept list of the proxies", () => {
  it("does not get younger by being read", async () => {
    const clock = new SimClock();
    const list = new ProxyList(clock);
    const entry = { key: "proxies/", value: null, revision: 1 };
    list.keep(entry);
    await clock.runFor(4_000);
    expect(list.get()?.entry).toBe(entry);
    list.keep(entry);
    await clock.runFor(1_000);
    expect(list.get()).toBeUndefined();
    list.keep({ ...entry });
    expect(list.get()?.knownSinceMs).toBe(5_000);
  });
});
