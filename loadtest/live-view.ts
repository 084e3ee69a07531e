import type { Progress } from "./driver/messages.js";
import { LiveBlock } from "./live-block.js";
import { ProgressLine } from "./progress-line.js";
import type { Sample } from "./report/phase.js";
import { sparkline } from "./report/sparkline.js";
import { shown } from "./report/table.js";
import type { SideName } from "./sides.js";

const BAR_COLUMNS = 24;
const CURVE_COLUMNS = 24;
const NAMES: Readonly<Record<SideName, string>> = { direct: "directly", proxied: "through proxies" };
const SIDES = ["direct", "proxied"] as const;

/** How far one side has come. */
interface SideView {
  progress: Progress;
  readonly samples: Sample[];
}

/** Shows on stderr how far a run has come, and what its masters are asked meanwhile: a table that is drawn anew on a terminal, else a line now and then. */
export class LiveView {
  readonly #line = new ProgressLine();
  readonly #block = new LiveBlock();
  readonly #sides = new Map<SideName, SideView>();
  #stage = "";
  #seconds: number | undefined;
  #begunMs = performance.now();

  /** `seconds`: how long it will take, if that is known. */
  stage(stage: string, seconds?: number): void {
    this.#stage = stage;
    this.#seconds = seconds;
    this.#begunMs = performance.now();
    for (const side of this.#sides.values()) side.progress = NOTHING_DONE;
    if (!this.#block.isShown) this.#line.say(stage);
    this.#show();
  }

  progress(side: SideName, progress: Progress): void {
    this.#side(side).progress = progress;
    this.#show();
  }

  sample(side: SideName, sample: Sample): void {
    this.#side(side).samples.push(sample);
  }

  end(): void {
    this.#block.clear();
    this.#line.end(this.#stage);
  }

  #side(name: SideName): SideView {
    const side = this.#sides.get(name) ?? { progress: NOTHING_DONE, samples: [] };
    this.#sides.set(name, side);
    return side;
  }

  #show(): void {
    const secondsSince = (performance.now() - this.#begunMs) / 1_000;
    const sides = SIDES.flatMap((name) => {
      const side = this.#sides.get(name);
      return side === undefined ? [] : [{ name, ...side }];
    });
    if (this.#block.isShown) this.#block.draw(tableLines(this.#stage, this.#seconds, secondsSince, sides));
    else if (sides.length > 0) this.#line.say(plainLine(this.#stage, secondsSince, sides));
  }
}

const NOTHING_DONE: Progress = { done: 0, failed: 0, sessionsLost: 0 };

type Named = SideView & { readonly name: SideName };

const wrongOf = ({ progress }: Named): number => progress.failed + progress.sessionsLost;

/** A run in one line. */
export function plainLine(stage: string, seconds: number, sides: readonly Named[]): string {
  const sum = (of: (side: Named) => number): number => sides.reduce((total, side) => total + of(side), 0);
  const masters = sides.flatMap(({ name, samples }) => {
    const last = samples.at(-1);
    return last === undefined ? [] : [`${shown(last.masterRequestsPerS)}/s ${NAMES[name]}`];
  });
  const atMaster = masters.length === 0 ? "" : `; at the master ${masters.join(", ")}`;
  return `${stage}: ${seconds.toFixed(0)} s, ${sum(({ progress }) => progress.done)} operations, ${sum(wrongOf)} errors${atMaster}`;
}

/** A run as a table for a terminal: how far it is, and for each side what was done and what its master was asked. */
export function tableLines(
  stage: string,
  seconds: number | undefined,
  since: number,
  sides: readonly Named[],
): string[] {
  const head =
    seconds === undefined
      ? stage
      : `${stage}  ${bar(since / seconds)}  ${Math.min(since, seconds).toFixed(0)} of ${seconds} s`;
  if (sides.length === 0) return [head];
  const most = Math.max(0, ...sides.flatMap(({ samples }) => samples.map((sample) => sample.masterRequestsPerS)));
  return [
    head,
    row(["", "operations", "errors", "at the master", "its CPU"]),
    ...sides.map((side) => sideLine(side, most)),
  ];
}

function bar(share: number): string {
  const full = Math.round(Math.min(1, share) * BAR_COLUMNS);
  return "█".repeat(full) + "░".repeat(BAR_COLUMNS - full);
}

/** `most`: the longest bar of both curves, so that they can be compared. */
function sideLine(side: Named, most: number): string {
  const { name, progress, samples } = side;
  const last = samples.at(-1);
  const cores = last?.masterCores;
  const cells = [
    NAMES[name],
    progress.done.toLocaleString("en"),
    `${wrongOf(side)}`,
    last === undefined ? "" : `${shown(last.masterRequestsPerS)}/s`,
    cores === undefined ? "" : `${shown(cores * 100)} %`,
  ];
  const curve = sparkline(
    samples.slice(-CURVE_COLUMNS).map((sample) => sample.masterRequestsPerS),
    most,
  );
  return `${row(cells)}  ${curve}`;
}

const COLUMNS = [16, 12, 8, 15, 9] as const;

const row = (cells: readonly string[]): string =>
  cells.map((cell, at) => (at === 0 ? cell.padEnd(COLUMNS[0]) : cell.padStart(COLUMNS[at] as number))).join("");
