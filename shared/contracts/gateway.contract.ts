import { afterAll, beforeAll, describe } from "vitest";
import { Door, type Served } from "./door.fixture.js";
import { httpAnswersContract } from "./http-answers.contract.js";
import { httpEventsContract } from "./http-events.contract.js";
import { httpLocksContract } from "./http-locks.contract.js";
import { httpRequestsContract } from "./http-requests.contract.js";
import { httpSessionsContract } from "./http-sessions.contract.js";
import { httpUpgradesContract } from "./http-upgrades.contract.js";

/** What clients of the HTTP door may rely on, whatever service is behind it. */
export function gatewayContract(name: string, serve: () => Promise<Served>): void {
  describe(`the contract of the HTTP door: ${name}`, () => {
    const door = new Door();
    beforeAll(() => door.open(serve));
    afterAll(() => door.close());

    httpLocksContract(door);
    httpRequestsContract(door);
    httpAnswersContract(door);
    httpSessionsContract(door);
    httpEventsContract(door);
    httpUpgradesContract(door);
  });
}
