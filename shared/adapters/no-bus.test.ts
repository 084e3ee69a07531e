import { expect, it } from "vitest";
import { until } from "../contracts/until.fixture.js";
import { noBus } from "./no-bus.js";

it("is off, and takes and gives nothing", async () => {
  const heard: string[] = [];
  const subscription = noBus.subscribe("rounds", (message) => heard.push(message));
  noBus.watchStatus((status) => heard.push(status)).unsubscribe();
  noBus.publish("rounds", "1");
  let passed = false;
  setImmediate(() => {
    passed = true;
  });
  await until(() => passed);
  subscription.unsubscribe();
  await noBus.close();
  expect(heard).toEqual([]);
  expect(noBus.status()).toBe("off");
});
