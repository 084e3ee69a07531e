import { SimClock } from "../sim/sim-clock.js";
import { linkFaults, simLink } from "../sim/sim-link.js";
import { SimRandom } from "../sim/sim-random.js";
import { linkContract } from "./link.contract.js";

linkContract("simulated", (target) => {
  const clock = new SimClock();
  const faults = linkFaults({ delayMs: { min: 1, max: 5 } });
  return {
    link: simLink(target, { clock, random: new SimRandom(1), faults }),
    clock,
    cut: () => {
      faults.partitioned = "both";
    },
    close: () => {},
  };
});
