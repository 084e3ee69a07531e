import { expect, it } from "vitest";
import { SimCell } from "./sim-cell.fixture.js";

it("a cell serves: acquired at one proxy, read at the other, then from its cache, and refreshed by events", async () => {
  const cell = await SimCell.start();
  const lease = await cell.take(0, "alice", "db/primary", { metadata: "10.0.0.1" });
  expect(lease.fencingToken).toBe(1);
  expect(await cell.readNow(1, "db/primary")).toMatchObject({ source: "miss", value: { metadata: "10.0.0.1" } });
  expect(await cell.readNow(1, "db/primary")).toMatchObject({ source: "hit", value: { metadata: "10.0.0.1" } });
  const set = { kind: "setMetadata", name: "db/primary", leaseId: lease.leaseId, metadata: "10.0.0.2" } as const;
  expect(await cell.settle(cell.execute(0, "alice", set))).toMatchObject({ status: "metadataSet" });
  await cell.clock.runFor(5);
  expect(await cell.readNow(1, "db/primary")).toMatchObject({ source: "hit", value: { metadata: "10.0.0.2" } });
});
