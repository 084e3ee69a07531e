import { askChild } from "../../bench/ask-child.js";
import { Cleanup, withCleanup } from "../../cluster/cleanup.js";
import { ProgressLine } from "../../progress-line.js";
import { tableOf } from "../../report/table.js";
import { randomPlan } from "../random-plan.js";
import { run } from "../run.js";
import type { Catch, Hunt } from "./hunt.js";
import type { Plant } from "./plant.js";
import { startHunter } from "./planted-tree.js";
import { PLANTS, plantNamed } from "./plants.js";

const SEEDS_MAX = 2_000;
const HUNT_MS = 1_800_000;
/** Each is a process that keeps a processor busy. */
const AT_A_TIME = 2;

/** Plants every bug, each in a copy of its own, and prints how many seeds it took to find it. Says whether all were found. */
export async function runPlants(): Promise<boolean> {
  const line = new ProgressLine();
  const caught = new Map<Plant, Catch | null>();
  const progress = (): string => `plants: ${caught.size} of ${PLANTS.length} hunted`;
  const waiting = [...PLANTS];
  await withCleanup(async (cleanup) => {
    const work = async (): Promise<void> => {
      for (let plant = waiting.shift(); plant !== undefined; plant = waiting.shift()) {
        caught.set(plant, await huntFor(cleanup, plant, { from: 1, seeds: SEEDS_MAX }));
        line.say(progress());
      }
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, work));
  });
  line.end(progress());
  process.stdout.write(`${tableOfCatches(caught)}\n`);
  return PLANTS.every((plant) => caught.get(plant) !== null);
}

/** Plants one bug and prints the failure that it causes, in one seed or in the first that shows it. Says whether it was found. */
export async function runPlant(name: string, seed?: number): Promise<boolean> {
  const plant = plantNamed(name);
  const range = seed === undefined ? { from: 1, seeds: SEEDS_MAX } : { from: seed, seeds: 1 };
  const hunt = { ...range, replay: `npm run sim -- --plant ${name}` };
  const found = await withCleanup((cleanup) => huntFor(cleanup, plant, hunt));
  process.stdout.write(`Planted: ${plant.text}\n\n${found?.text ?? "Nothing was found."}\n`);
  return found !== null;
}

/** What a plant needs is thrown away as soon as its hunt is over, not only at the end of all. */
async function huntFor(all: Cleanup, plant: Plant, hunt: Hunt): Promise<Catch | null> {
  const cleanup = new Cleanup();
  all.add(() => cleanup.run());
  try {
    const hunter = await startHunter(cleanup, plant);
    const { caught } = await askChild<{ caught: Catch | null }>(hunter, hunt, HUNT_MS);
    if (caught !== null) await checkWithout(plant, caught);
    return caught;
  } finally {
    await cleanup.run();
  }
}

/** What is broken without the plant as well is no proof that the plant was found. */
async function checkWithout({ name }: Plant, { seed }: Catch): Promise<void> {
  const { findings } = await run(randomPlan(seed));
  if (findings.length === 0) return;
  throw new Error(`Seed ${seed} breaks a promise without ${name} too: npm run sim -- --seed ${seed}`);
}

function tableOfCatches(caught: ReadonlyMap<Plant, Catch | null>): string {
  const rows = PLANTS.map((plant) => {
    const found = caught.get(plant);
    return [`${plant.name}\n  ${plant.text}`, found?.seed ?? "not found", found?.promise];
  });
  return tableOf(["plant", "seeds", "found by"], rows);
}
