import { startCell } from "../../cluster/cell.js";
import { type Cleanup, withCleanup } from "../../cluster/cleanup.js";
import { ProgressLine } from "../../progress-line.js";
import { writeRecord } from "../record.js";
import { judgedOf, type WriteBenchSettings, type WriteFindings } from "./findings.js";
import { Fleet } from "./fleet.js";
import { startFloor } from "./floor.js";
import { type Freshness, measureFreshness } from "./freshness.js";
import { measurePause } from "./pause.js";
import { setStage } from "./stage.js";
import { inTurn } from "./times.js";
import { measureUnheld } from "./unheld.js";
import { type WriteVerdict, writeVerdictOf } from "./verdict.js";

/**
 * What do fresh reads cost a write?
 *
 * A key that N proxies hold may change only after each of them has forgotten it and said so, and is told only
 * after it is on disk. No protocol with that promise can do with less than the floor: one message to N
 * subscribers and one back from each, and then one synced append. So the floor is measured in the same run,
 * in turns with the writes: over the same NATS server, to as many subscribers in as many processes, with a
 * store like the master's on the same disk, and called by the same client over the same kind of HTTP
 * connection. What the floor does not do (tokens, commands, state, chain, who holds what) is what a write
 * costs more.
 *
 * Each begins after a short silence, in which the refresh by the write before reaches every proxy: what is
 * measured is how long one write takes, not how many a machine can do that is full of proxies.
 *
 * That no write got by without its round is not believed but counted: the master tells how many rounds it
 * opened and how many acks it took.
 */
export async function benchWrite(settings: WriteBenchSettings): Promise<WriteVerdict> {
  const findings = await withCleanup((cleanup) => measure(cleanup, settings));
  const verdict = writeVerdictOf(findings, settings);
  await writeRecord(settings.out, { bench: "write", settings, verdict, findings });
  return verdict;
}

async function measure(cleanup: Cleanup, settings: WriteBenchSettings): Promise<WriteFindings> {
  const line = new ProgressLine();
  const say = (text: string): void => line.say(text);
  say("starting a cell");
  const cell = await startCell(cleanup, 1);
  const floor = await startFloor(cleanup, cell.entrance.natsUrl, settings.processes);
  const fleet = new Fleet(cleanup, cell.entrance, settings.processes);
  const stage = await setStage(cleanup, cell, fleet, floor);
  const asJudged = async (): Promise<Pick<WriteFindings, "unheld" | "pauses">> => {
    say("writes to a key that nobody holds");
    const unheld = await measureUnheld(stage, { count: settings.writes, gapMs: settings.gap });
    say(`pausing one of the proxies, ${settings.pauses} times`);
    return { unheld, pauses: await inTurn({ count: settings.pauses, gapMs: 0 }, () => measurePause(stage)) };
  };
  const work = async (): Promise<WriteFindings> => {
    const freshness: Freshness[] = [];
    let judged: Awaited<ReturnType<typeof asJudged>> | undefined;
    for (const proxies of settings.proxies) {
      freshness.push(await measureFreshness(stage, { ...settings, proxies }, say));
      if (proxies === judgedOf(settings)) judged = await asJudged();
    }
    if (judged === undefined) throw new Error("no number of proxies is judged.");
    return { freshness, ...judged };
  };
  const findings = await cell.whileUp(work());
  line.end(
    `${settings.pairs} pairs of ${settings.writes} writes and as many turns of the floor, for each number of proxies`,
  );
  return findings;
}
