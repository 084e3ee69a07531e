import type { FromDriver, ToDriver } from "./messages.js";
import { Swarm } from "./swarm.js";

/**
 * A process of its own that plays clients, so that what it costs to play them does not disturb the
 * reporter. It is told what to do by its parent, and ends with it.
 */
const PROGRESS_EVERY_MS = 500;

const tell = (message: FromDriver): void => void process.send?.(message);
let swarm: Swarm | undefined;

async function run({ tally }: Swarm, stretch: () => ReturnType<Swarm["run"]>): Promise<FromDriver> {
  const progress = setInterval(() => tell({ is: "progress", ...tally.progress() }), PROGRESS_EVERY_MS);
  const lags = await stretch();
  clearInterval(progress);
  return { is: "ran", lags };
}

async function answer(message: ToDriver): Promise<FromDriver> {
  if (message.do === "prepare") {
    swarm = new Swarm(message.plan);
    await swarm.prepare();
    return { is: "prepared" };
  }
  if (message.do === "leave") {
    await swarm?.leave();
    return { is: "left" };
  }
  const prepared = swarm;
  if (prepared === undefined) throw new Error("not prepared");
  if (message.do === "tell") return { is: "told", history: prepared.history() };
  if (message.do === "sum-up") return { is: "summed-up", outcome: await prepared.outcome() };
  if (message.do === "open") return prepared.open().then(() => ({ is: "opened" }));
  if (message.do === "close") return prepared.close().then(() => ({ is: "closed" }));
  return run(prepared, () => prepared.run(message.forMs));
}

process.on("disconnect", () => process.exit());
process.on("message", (message: ToDriver) => {
  answer(message).then(tell, (error: unknown) => tell({ is: "failed", at: message.do, reason: String(error) }));
});
