import { describe, expect, it } from "vitest";
import { ScriptedCell } from "../testing/scripted-cell.fixture.js";
import { Fleet } from "./fleet.js";

const AVOIDED_MS = 100;

/** A near gateway and two far ones, measured. */
async function measured() {
  const cell = new ScriptedCell({ gateways: 3 });
  for (const [at, delayMs] of [1, 80, 80].entries()) cell.gateway(at).delayMs = delayMs;
  const proxies = cell.gateways.map(({ url }) => url);
  const fleet = new Fleet({ platform: cell.platform(), token: "good", proxies, zone: undefined });
  await cell.settle(fleet.refresh());
  return { cell, fleet };
}

describe("what a client knows of the gateways", () => {
  it("says that the nearest is next, also after it asked to be left alone for a while", async () => {
    const { cell, fleet } = await measured();
    expect(fleet.next()?.url).toBe("http://p1");
    fleet.avoid("http://p1", AVOIDED_MS);
    expect(fleet.next()?.url).not.toBe("http://p1");
    await cell.clock.runFor(AVOIDED_MS);
    expect(fleet.next()?.url).toBe("http://p1");
  });

  it("does not say so after it was lost, until it took the client in or was found serving", async () => {
    for (const found of ["serves", "refresh"] as const) {
      const { cell, fleet } = await measured();
      fleet.failed("http://p1", AVOIDED_MS);
      await cell.clock.runFor(10 * AVOIDED_MS);
      expect(fleet.next()?.url).not.toBe("http://p1");
      if (found === "serves") fleet.serves("http://p1");
      else await cell.settle(fleet.refresh());
      expect(fleet.next()?.url).toBe("http://p1");
    }
  });
});
