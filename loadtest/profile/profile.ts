import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Cleanup, withCleanup } from "../cluster/cleanup.js";
import { startLoadedCell } from "../loads/loaded-cell.js";
import { loadOf } from "../loads/loads.js";
import { ProgressLine } from "../progress-line.js";
import { tableOf } from "../report/table.js";
import { type CpuProfile, callTree, type Frame, selfTimesOf } from "./cpu-profile.js";
import { flamePage } from "./flame-page.js";
import { INSPECTABLE, profileDuring } from "./inspector.js";

const WARM_SECONDS = 1;
const TOP = 25;

export interface ProfileSettings {
  readonly of: "proxy" | "master";
  readonly seconds: number;
  /** The directory that gets the flame graph and the profile. */
  readonly out: string;
}

interface Found {
  readonly profile: CpuProfile;
  readonly operations: number;
}

/**
 * Where does the time of a proxy, or of the master, go under one kind of load? Its process is sampled by V8's own
 * profiler through the inspector, and so costs more than usual; the shares are what to look at.
 *
 * @returns what to print
 */
export async function profile(name: string, settings: ProfileSettings): Promise<string> {
  const load = loadOf(name);
  const found = await withCleanup((cleanup) => sample(cleanup, name, settings));
  const tree = callTree(found.profile);
  const page = join(settings.out, `${name}-${settings.of}.html`);
  await mkdir(settings.out, { recursive: true });
  const perOperation = tree.totalMicroseconds / found.operations;
  const about = `${found.operations.toLocaleString("en")} operations (${load.operation}): ${perOperation.toFixed(2)} µs at work for each, while being sampled.`;
  await writeFile(join(settings.out, `${name}-${settings.of}.cpuprofile`), JSON.stringify(found.profile));
  await writeFile(page, flamePage(tree, `Where the ${settings.of}'s time goes: ${name}`, about));
  return [about, topTable(tree, found.operations), `Flame graph: ${page}`].join("\n");
}

async function sample(cleanup: Cleanup, name: string, { of, seconds }: ProfileSettings): Promise<Found> {
  const line = new ProgressLine();
  line.say("starting a cell with one proxy");
  const settings = of === "master" ? { masterSettings: INSPECTABLE } : { proxySettings: INSPECTABLE };
  const on = await startLoadedCell(cleanup, settings);
  const run = await loadOf(name).prepare(on);
  await run(WARM_SECONDS);
  line.say("sampling");
  const member = of === "master" ? on.cell.master : on.proxy;
  const { profile: sampled, result } = await on.cell.whileUp(profileDuring(member, () => run(seconds)));
  line.end(`sampled for ${seconds} s`);
  return { profile: sampled, operations: result };
}

function topTable(tree: Frame, operations: number): string {
  const rows = selfTimesOf(tree)
    .slice(0, TOP)
    .map(({ name, where, selfMicroseconds }) => [
      name,
      where,
      `${((100 * selfMicroseconds) / tree.totalMicroseconds).toFixed(1)} %`,
      (selfMicroseconds / operations).toFixed(3),
    ]);
  return tableOf(["by self time", "where", "share", "µs/operation"], rows);
}
