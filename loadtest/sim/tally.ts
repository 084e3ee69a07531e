import { shown, tableOf } from "../report/table.js";
import type { Run } from "./run.js";

/** What many runs came to, together. */
export class Tally {
  runs = 0;
  failed = 0;
  undecided = 0;
  operations = 0;
  unknown = 0;
  simulatedMs = 0;
  readonly #faults = new Map<string, number>();
  readonly #startMs = performance.now();

  add(run: Run): void {
    this.runs += 1;
    if (run.findings.length > 0) this.failed += 1;
    if (run.undecided) this.undecided += 1;
    this.operations += run.operations;
    this.unknown += run.unknown;
    this.simulatedMs += run.simulatedMs;
    for (const [kind, count] of Object.entries(run.faults))
      this.#faults.set(kind, (this.#faults.get(kind) ?? 0) + count);
  }

  get seedsPerS(): number {
    return (this.runs / (performance.now() - this.#startMs)) * 1_000;
  }

  progress(total: number): string {
    return `sim: ${this.runs}/${total} seeds, ${shown(this.seedsPerS)} seeds/s, ${this.failed} failed`;
  }

  text(): string {
    const kinds = [...this.#faults].sort(([a], [b]) => (a < b ? -1 : 1));
    return [
      tableOf(["fault", "times"], kinds),
      `${shown(this.runs)} seeds at ${shown(this.seedsPerS)} seeds/s: ${shown(this.simulatedMs / 3_600_000)} simulated hours, ` +
        `${shown(this.operations)} operations checked (${shown(this.unknown)} of unknown outcome).`,
      ...(this.undecided === 0 ? [] : [`${this.undecided} of the histories were too tangled to be decided.`]),
      this.failed === 0 ? "Nothing was found." : `${this.failed} seeds broke a promise.`,
    ].join("\n");
  }
}
