import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Random } from "../../shared/ports/random.js";
import { SimClock } from "../../shared/sim/sim-clock.js";
import { SimDisk } from "../../shared/sim/sim-store.js";
import type { Journal } from "./journal.js";
import { openJournal } from "./journal-disk.fixture.js";

type Step =
  | { readonly do: "append"; readonly bodies: readonly string[] }
  | { readonly do: "snapshot" | "restart" | "skip" }
  | { readonly do: "crash"; readonly what: "process" | "machine"; readonly during: "append" | "snapshot" | "nothing" };

const bodies = fc.array(fc.string({ maxLength: 8 }), { minLength: 1, maxLength: 4 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant("append" as const), bodies }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("snapshot" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("restart" as const, "skip" as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("crash" as const),
      what: fc.constantFrom("process" as const, "machine" as const),
      during: fc.constantFrom("append" as const, "snapshot" as const, "nothing" as const),
    }),
  },
);

/** A master that knows what it was told is on disk, and what may be. */
class World {
  readonly clock = new SimClock();
  readonly disk: SimDisk;
  #acknowledged: string[] = [];
  #underWay: string[] = [];
  #journal: Journal | undefined;

  constructor(fractions: readonly number[]) {
    this.disk = new SimDisk({ clock: this.clock, random: sequence(fractions), writeMs: 4 });
  }

  async take(step: Step): Promise<void> {
    const journal = await this.#started();
    if (step.do === "append") await this.#append(journal, step.bodies);
    if (step.do === "snapshot" && journal.lastRevision > 0) await this.#settle(this.#snapshot(journal));
    if (step.do === "skip") await this.#settle(journal.skipTo(journal.lastRevision + 7));
    if (step.do === "restart") await this.#settle(journal.close()).then(() => this.#forget());
    if (step.do === "crash") await this.#crash(journal, step);
    await this.#started();
  }

  async #append(journal: Journal, bodies: readonly string[]): Promise<void> {
    await this.#settle(journal.append(bodies));
    this.#acknowledged.push(...bodies);
  }

  #snapshot(journal: Journal): Promise<void> {
    return journal.writeSnapshot(journal.lastRevision, [...this.#acknowledged]);
  }

  async #crash(journal: Journal, { what, during }: Step & { do: "crash" }): Promise<void> {
    const lost: Promise<unknown>[] = [];
    if (during === "snapshot" && journal.lastRevision > 0) lost.push(this.#snapshot(journal));
    if (during !== "nothing") {
      this.#underWay = ["under", "way"];
      lost.push(journal.append(this.#underWay).then(() => this.#acknowledged.push(...this.#underWay.splice(0))));
    }
    const ended = Promise.allSettled(lost);
    await this.clock.runFor(3);
    this.disk.crash(what);
    await this.#settle(ended);
    this.#forget();
  }

  #forget(): void {
    this.#journal = undefined;
  }

  async #started(): Promise<Journal> {
    if (this.#journal !== undefined) return this.#journal;
    const { journal, snapshot, records } = await openJournal(await this.disk.open());
    const found = [...((snapshot?.state ?? []) as string[]), ...records.map(({ body }) => body as string)];
    expect(found.slice(0, this.#acknowledged.length)).toEqual(this.#acknowledged);
    // A batch is there as a whole or not at all.
    expect([[], this.#underWay]).toContainEqual(found.slice(this.#acknowledged.length));
    this.#acknowledged = found;
    this.#underWay = [];
    this.#journal = journal;
    return journal;
  }

  #settle<T>(promise: Promise<T>): Promise<T> {
    return this.clock.settle(promise, 10_000);
  }
}

describe("Journal", () => {
  it("recovers what was acknowledged and at most what was under way, after any crashes (P4)", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 5, maxLength: 25 }),
        fc.array(fc.double({ min: 0, max: 0.999, noNaN: true })),
        async (steps, f) => {
          const world = new World(f);
          for (const each of steps) await world.take(each);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});

function sequence(fractions: readonly number[]): Random {
  let at = 0;
  return {
    hex: (bytes) => "00".repeat(bytes),
    uuid: () => "00000000-0000-4000-8000-000000000000",
    fraction: () => fractions[at++ % fractions.length] ?? 0.5,
  };
}
