import { busContract } from "../contracts/bus.contract.js";
import { until } from "../contracts/until.fixture.js";
import { MemoryBus } from "./memory-bus.js";

busContract(
  "in memory",
  async () => {
    const bus = new MemoryBus();
    return { join: async () => bus, until, end: () => bus.close() };
  },
  { outages: false },
);
