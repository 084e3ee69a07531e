import type { FromDriver, Plan, ToDriver } from "./messages.js";
import { Swarm } from "./swarm.js";

/**
 * A process of its own that plays clients, so that what it costs to play them does not disturb the
 * reporter. It is told what to do by its parent, and ends with it.
 */
const PROGRESS_EVERY_MS = 500;

const tell = (message: FromDriver): void => void process.send?.(message);
let swarm: Swarm | undefined;

async function prepare(plan: Plan): Promise<void> {
  swarm = new Swarm(plan);
  await swarm.prepare();
  tell({ is: "prepared" });
}

async function run(): Promise<void> {
  if (swarm === undefined) throw new Error("not prepared");
  const { tally } = swarm;
  const progress = setInterval(() => tell({ is: "progress", ...tally.progress() }), PROGRESS_EVERY_MS);
  const outcome = await swarm.run();
  clearInterval(progress);
  tell({ is: "ran", outcome });
}

process.on("disconnect", () => process.exit());
process.on("message", (message: ToDriver) => {
  const doing = message.do === "prepare" ? prepare(message.plan) : run();
  doing.catch((error: unknown) => tell({ is: "failed", reason: String(error) }));
});
