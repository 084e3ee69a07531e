import type { CellService } from "../../shared/gateway/cell-service.js";
import type { SimClock } from "../../shared/sim/sim-clock.js";
import type { SimProcess } from "../../shared/sim/sim-process.js";
import type { SimRandom } from "../../shared/sim/sim-random.js";
import type { Host } from "./host.js";
import type { Noise } from "./plan.js";

/** What a client knows when a door was silent, or not there: nothing. */
export class NoAnswer extends Error {
  override readonly name = "NoAnswer";
}

/** The way from one client to the doors of the cell: it takes time, and may lose requests and answers. */
export class ClientNetwork {
  noise: Noise["client"];
  readonly #clock: SimClock;
  readonly #random: SimRandom;

  constructor(parts: { clock: SimClock; random: SimRandom; noise: Noise["client"] }) {
    this.#clock = parts.clock;
    this.#random = parts.random;
    this.noise = parts.noise;
  }

  /** Asks at a door, as the client on this clock. Rejects as the door does, or with `NoAnswer` in the end. */
  ask<T>(host: Host, caller: SimProcess, timeoutMs: number, act: (service: CellService) => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = caller.after(timeoutMs, () => reject(new NoAnswer(`${host.name} does not answer`)));
      const answer = (settle: () => void): void =>
        this.#travel(() => {
          timer.cancel();
          settle();
        });
      this.#travel(() => {
        const door = host.door();
        if (door === undefined) {
          answer(() => reject(new NoAnswer(`nobody listens at ${host.name}`)));
          return;
        }
        door.life
          .call(() => act(door.service))
          .then(
            (value) => answer(() => resolve(value)),
            (error: Error) => answer(() => reject(error)),
          );
      });
    });
  }

  #travel(arrive: () => void): void {
    if (this.#random.chance(this.noise.lossRatio)) return;
    this.#clock.after(this.#random.fraction() * this.noise.delayMs, arrive);
  }
}
