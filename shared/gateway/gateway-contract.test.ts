import { gatewayContract } from "../contracts/gateway.contract.js";
import { ADMIN_KEY, ALICE, BOB, serveFixture } from "./gateway.fixture.js";

for (const cached of [true, false]) {
  gatewayContract(`before a cell in one object, ${cached ? "all" : "nothing"} of it in the cache`, async () => {
    const { cell, gateway } = await serveFixture();
    cell.cached = cached;
    return { url: gateway.url, tokens: { alice: ALICE, bob: BOB }, adminKey: ADMIN_KEY, stop: () => gateway.close() };
  });
}
