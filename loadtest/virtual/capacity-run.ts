import { COLLECTING } from "../bench/sessions/memory.js";
import { startCell } from "../cluster/cell.js";
import { type Cleanup, withCleanup } from "../cluster/cleanup.js";
import { eventually } from "../cluster/within.js";
import { ProgressLine } from "../progress-line.js";
import type { CapacityFindings, CapacitySizes, Churned, MemoryCost } from "./findings.js";
import { calm, collected, type MasterReading, masterReading } from "./master-reading.js";
import type { VirtualLook } from "./messages.js";
import { recover } from "./recovery.js";
import type { Stage } from "./stage.js";
import { costBetween, renewTimes, stretchOf } from "./stretch.js";
import { VirtualFleet } from "./virtual-fleet.js";

const REGISTERED_MS = 60_000;
/** Silence is not judged until proxy lease and session lease have passed since the start (rule S5). */
const SETTLED_MS = 60_000;
/**
 * How many sessions one master bears, without the machines that it takes to have them.
 *
 * Of a fleet the master sees nothing but its link: registrations, renewals with a count and a digest, the commands that
 * anchor sessions, and the reports of their ends. So a generator that says the same on as many connections is as good
 * as a hundred proxies with their clients, whatever else these do for a living. nats-server, master and journal are
 * the real ones.
 */
export async function runCapacity(sizes: CapacitySizes): Promise<CapacityFindings> {
  const line = new ProgressLine();
  const beganMs = performance.now();
  const say = (text: string): void => line.say(`${Math.round((performance.now() - beganMs) / 1_000)} s  ${text}`);
  try {
    return await withCleanup((cleanup) => measured(sizes, cleanup, say));
  } finally {
    line.end(`ran for ${Math.round((performance.now() - beganMs) / 1_000)} s`);
  }
}

async function measured(
  sizes: CapacitySizes,
  cleanup: Cleanup,
  say: (text: string) => void,
): Promise<CapacityFindings> {
  const { proxies, sessionsPerProxy, seconds } = sizes;
  const sessions = proxies * sessionsPerProxy;
  say("starting a cell");
  const master = ["--locks-per-principal", `${Math.max(1, 2 * sessionsPerProxy)}`];
  const cell = await startCell(cleanup, proxies, { master, masterSettings: COLLECTING });
  say("without proxies");
  const alone = await stretchOf({ what: "no proxies", cell, fleet: undefined, seconds });
  say(`${proxies} proxies without sessions`);
  const fleet = await VirtualFleet.start(cleanup, cell, sizes);
  const stage = { cleanup, cell, fleet, sizes };
  await cell.whileUp(allRegistered(fleet, proxies));
  const empty = await stretchOf({ what: "proxies without sessions", cell, fleet, seconds });
  const bare = await collected(cell.master);

  say(`anchoring ${sessions} sessions`);
  const before = await masterReading(cell.master);
  const anchored = await cell.whileUp(fleet.anchor());
  const after = await masterReading(cell.master);
  const anchoring = {
    ...costBetween(before, after),
    ...{ sessions: anchored.sessions, renewMsMax: renewTimes(anchored)?.max ?? 0 },
  };
  await calm(cell.master);
  const full = await collected(cell.master);
  const idle = await cell.whileUp(stretchOf({ what: "with their sessions", cell, fleet, seconds }));
  say(`${churnPerS(sizes)} of them a second end and are replaced`);
  const { stretch, churn } = await cell.whileUp(churned(stage));
  const settled = await fleet.look();
  const { mended } = await masterReading(cell.master);
  say("kill -9 of the master");
  const recovery = await recover(stage, settled);
  const { total } = await fleet.look();
  const disagreements = total.disagreements - settled.total.disagreements;
  return {
    ...{ sizes, stretches: [alone, empty, idle, stretch], anchoring, memory: memoryOf(bare, full), churn, recovery },
    ...{ registrations: settled.total.registrations, leasesLostBeforeKill: settled.total.leasesLost, mended },
    ...{ sessionsLost: total.sessionsLost, disagreements, failures: total.failures },
  };
}

const churnPerS = ({ proxies, sessionsPerProxy, churnPerMille }: CapacitySizes): number =>
  (proxies * sessionsPerProxy * churnPerMille) / 1_000;

async function churned(stage: Stage) {
  const { cell, fleet, sizes } = stage;
  const before = await readBoth(stage);
  await fleet.churn(churnPerS(sizes));
  const stretch = await stretchOf({ what: "and churn", cell, fleet, seconds: sizes.seconds });
  await fleet.churn(0);
  await eventually(SETTLED_MS, () => isSettled(stage), "the churn did not come to an end").catch(() => undefined);
  const after = await readBoth(stage);
  return { stretch, churn: churnBetween(before, after, churnPerS(sizes) * sizes.seconds) };
}

interface Both {
  readonly master: MasterReading;
  readonly look: VirtualLook;
}

const readBoth = async ({ cell, fleet }: Stage): Promise<Both> => ({
  look: await fleet.look(),
  master: await masterReading(cell.master),
});

function churnBetween(before: Both, after: Both, asked: number): Churned {
  const grown = (of: (look: VirtualLook["total"]) => number): number => of(after.look.total) - of(before.look.total);
  const atMaster = (cause: string): number => (after.master.ends[cause] ?? 0) - (before.master.ends[cause] ?? 0);
  return {
    asked,
    anchored: grown(({ anchored }) => anchored),
    ended: { silent: grown(({ silent }) => silent), closed: grown((total) => total.closed + total.closedElsewhere) },
    // Silence that is reported soon after a start is put off (rule S5), and then counted as an orphan's end.
    endedAtMaster: { silent: atMaster("silent") + atMaster("orphaned"), closed: atMaster("closed") },
    rounds: grown(({ acked }) => acked),
  };
}

/** Nothing is under way, and the master has ended what was reported. */
async function isSettled({ cell, fleet }: Stage): Promise<true | undefined> {
  const { underWay, sessions } = await fleet.look();
  if (underWay > 0) return undefined;
  const master = await masterReading(cell.master);
  return master.sessions === sessions && master.orphans === 0 ? true : undefined;
}

const allRegistered = (fleet: VirtualFleet, proxies: number): Promise<true> =>
  eventually(
    REGISTERED_MS,
    async () => ((await fleet.look()).registered === proxies ? true : undefined),
    "not all virtual proxies registered",
  );

const memoryOf = (bare: MasterReading, full: MasterReading): MemoryCost => ({
  sessions: full.sessions - bare.sessions,
  operations: full.operations - bare.operations,
  heapBytes: full.heapBytes - bare.heapBytes,
  residentBytes: full.residentBytes - bare.residentBytes,
});
