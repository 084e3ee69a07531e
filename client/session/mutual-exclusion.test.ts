import { describe, expect, it } from "vitest";
import type { SimProcess } from "../../shared/sim/sim-process.js";
import { SimRandom } from "../../shared/sim/sim-random.js";
import { ScriptedCell } from "../testing/scripted-cell.fixture.js";
import type { Lock } from "./lock.js";

const SEEDS = 25;
const CLIENTS = 4;
const FAULTS = 40;
const NAMES = ["a", "b"];

/** Clients that take locks and give them up, on clocks that drift, while gateways die, freeze, lie and come back. */
class Trial {
  readonly cell: ScriptedCell;
  readonly random: SimRandom;
  readonly locks = new Set<Lock>();
  readonly processes: SimProcess[] = [];
  grants = 0;
  over = false;

  constructor(seed: number) {
    this.cell = new ScriptedCell({ gateways: 3, seed });
    this.random = new SimRandom(`trial ${seed}`);
  }

  async run(): Promise<void> {
    for (let i = 0; i < CLIENTS; i++) await this.begin(i);
    for (let i = 0; i < FAULTS; i++) {
      this.fault();
      await this.pass(this.random.int(6_000));
    }
    this.over = true;
  }

  async begin(at: number): Promise<void> {
    const process = this.cell.clock.process(`client ${at}`, { rate: 0.99 + 0.02 * this.random.fraction() });
    this.processes.push(process);
    const client = await this.cell.connect({}, process);
    void this.live(client, process);
  }

  async live(client: Awaited<ReturnType<ScriptedCell["connect"]>>, process: SimProcess): Promise<void> {
    const pause = (ms: number) => new Promise<void>((resolve) => void process.after(ms, resolve));
    while (!this.over) {
      try {
        const session = await client.openSession({ leaseMs: 5_000 + this.random.int(7_000) });
        while (session.state !== "expired" && !this.over) await this.use(session, pause);
      } catch {
        await pause(500);
      }
    }
  }

  async use(
    session: Awaited<ReturnType<import("../client.js").Client["openSession"]>>,
    pause: (ms: number) => Promise<void>,
  ) {
    const name = NAMES[this.random.int(NAMES.length)] as string;
    const stop = new AbortController();
    if (this.random.chance(0.3)) void pause(this.random.int(3_000)).then(() => stop.abort());
    const lock = await session
      .acquire(name, { wait: this.random.chance(0.7), signal: stop.signal })
      .catch(() => undefined);
    if (lock === undefined) return pause(200 + this.random.int(1_000));
    this.grants += 1;
    this.locks.add(lock);
    await pause(this.random.int(8_000));
    void lock.release().catch(() => {});
    if (this.random.chance(0.1)) await session.close();
  }

  fault(): void {
    const gateway = this.cell.gateway(this.random.int(3));
    const client = this.processes[this.random.int(CLIENTS)] as SimProcess;
    const acts = [
      () => gateway.kill(),
      () => gateway.restart(),
      () => gateway.restart(),
      () => {
        if (gateway.state === "up") gateway.state = "frozen";
      },
      () => client.pause(),
      () => client.resume(),
      () => client.resume(),
      () => client.stepWall(this.random.int(20_000) - 10_000),
      () => gateway.goAway(this.random.int(2_000), []),
      () => gateway.close("goingAway"),
      () => {
        gateway.takenDelayMs = this.random.int(20_000);
      },
      () => {
        const lossRatio = this.random.chance(0.5) ? 0 : 0.3;
        gateway.fate = () =>
          this.random.chance(lossRatio) ? (this.random.chance(0.5) ? "lost" : "unanswered") : "arrives";
      },
    ];
    acts[this.random.int(acts.length)]?.();
  }

  /** After each event, each lock that is believed to be held is held: by this grant, at the master. */
  async pass(ms: number): Promise<void> {
    const endMs = this.cell.clock.monotonicMs() + ms;
    this.cell.clock.after(ms, () => {});
    await this.cell.clock.runUntil(() => {
      for (const lock of this.locks) {
        if (lock.held) expect(this.cell.master.locks.get(lock.name)?.fencingToken).toBe(lock.fencingToken);
      }
      return this.cell.clock.monotonicMs() >= endMs;
    }, ms + 1);
  }
}

describe("P1", () => {
  it.each(Array.from({ length: SEEDS }, (_, seed) => seed))(
    "a lock is believed to be held only while it is, whatever fails (seed %i)",
    async (seed) => {
      const trial = new Trial(seed);
      await trial.run();
      expect(trial.grants).toBeGreaterThan(0);
    },
  );
});
