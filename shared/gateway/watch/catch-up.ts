import type { Feed, Since } from "../feed.js";

interface Asker {
  readonly after: number;
  readonly resolve: (since: Since) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Asks a feed for the past, for all who ask meanwhile in one question: when a proxy dies, its clients all come to the
 * next one and go on after much the same revision, and the master should not be asked by each of them. Where the
 * oldest of these is gone, halving finds out in few questions for whom else.
 */
export class CatchUp {
  readonly #feed: Pick<Feed, "since" | "revision">;
  #asking: Asker[] = [];
  #underWay = false;

  constructor(feed: Pick<Feed, "since" | "revision">) {
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
    let halves = false;
    while (this.#asking.length > 0) {
      const askers = this.#asking.toSorted((one, other) => one.after - other.after);
      this.#asking = [];
      const { after } = askers[halves ? askers.length >> 1 : 0] as Asker;
      try {
        const since = await this.#feed.since(after);
        halves = this.#answer(askers, after, since);
      } catch (error) {
        for (const { reject } of askers) reject(error);
      }
    }
    this.#underWay = false;
  }

  /** Returns whether some are left, of whom it is not known whether they can go on. */
  #answer(askers: readonly Asker[], asked: number, since: Since): boolean {
    const left: Asker[] = [];
    for (const asker of askers) {
      const { after, resolve } = asker;
      if (since === "compacted" && this.#isGoneLike(after, asked)) resolve(since);
      else if (since !== "compacted" && after >= asked) resolve(since.revision < after ? "compacted" : since);
      else left.push(asker);
    }
    this.#asking.push(...left);
    return left.length > 0;
  }

  /** Whether it is no better to go on after this revision than after one that was asked for in vain. */
  #isGoneLike(after: number, asked: number): boolean {
    return asked > this.#feed.revision ? after >= asked : after <= asked;
  }
}
