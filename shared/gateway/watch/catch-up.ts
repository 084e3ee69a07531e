import type { Feed, Since } from "../feed.js";

interface Asker {
  readonly after: number;
  readonly resolve: (since: Since) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Asks a feed for the past, for all who ask meanwhile in one question: when a proxy dies, its clients all come to the
 * next one and go on after much the same revision, and the master should not be asked by each of them.
 */
export class CatchUp {
  readonly #feed: Pick<Feed, "since">;
  #asking: Asker[] = [];
  #underWay = false;

  constructor(feed: Pick<Feed, "since">) {
    this.#feed = feed;
  }

  /** The commits after a revision, which the cell must have reached (rule W1), and perhaps some before it. */
  since(after: number): Promise<Since> {
    return new Promise((resolve, reject) => {
      this.#asking.push({ after, resolve, reject });
      if (!this.#underWay) void this.#ask();
    });
  }

  async #ask(): Promise<void> {
    this.#underWay = true;
    while (this.#asking.length > 0) {
      const askers = this.#asking;
      this.#asking = [];
      const lowest = askers.reduce((low, { after }) => Math.min(low, after), Number.POSITIVE_INFINITY);
      try {
        this.#answer(askers, lowest, await this.#feed.since(lowest));
      } catch (error) {
        for (const { reject } of askers) reject(error);
      }
    }
    this.#underWay = false;
  }

  #answer(askers: readonly Asker[], lowest: number, since: Since): void {
    for (const asker of askers) {
      if (since !== "compacted") asker.resolve(since.revision < asker.after ? "compacted" : since);
      else if (asker.after === lowest) asker.resolve(since);
      else this.#asking.push(asker);
    }
  }
}
