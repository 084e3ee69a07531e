import { Registry } from "prom-client";
import { systemClock } from "../adapters/system-clock.js";
import { systemRandom } from "../adapters/system-random.js";
import { type Log, silentLog } from "../ports/log.js";
import { CellFixture } from "./cell-service.fixture.js";
import { type Gateway, startGateway } from "./gateway.js";

export const ALICE = "token-of-alice";
export const BOB = "token-of-bob";
export const ADMIN_KEY = "key-of-the-admin";

/** A cell with two users and an admin, behind doors on a free port. */
export async function serveFixture(log: Log = silentLog): Promise<{ cell: CellFixture; gateway: Gateway }> {
  const cell = new CellFixture({ [ALICE]: "user:alice", [BOB]: "user:bob" }, ADMIN_KEY);
  const gateway = await startGateway({
    service: cell,
    clock: systemClock,
    random: systemRandom,
    log,
    metrics: new Registry(),
    host: "127.0.0.1",
    port: 0,
  });
  return { cell, gateway };
}
