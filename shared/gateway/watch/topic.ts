import { LIMITS } from "../../protocol/limits.js";
import type { WatchedEvent } from "./watched-event.js";

/** What one commit changed under a topic. */
export interface Batch {
  readonly revision: number;
  readonly events: readonly WatchedEvent[];
}

/** A watch, as its topic sees it. */
export interface Follower {
  /** The revision up to which it needs nothing of the topic's log any more. */
  readonly toldUpTo: number;
}

/**
 * What some watches have in common: a name, or a prefix. It keeps the changes that not all of them were told yet,
 * once for all; each watch only remembers how far it is.
 */
export class Topic<F extends Follower> {
  /** Of the entry that is its state. */
  readonly key: string;
  readonly covers: (name: string) => boolean;
  readonly watches = new Set<F>();
  #log: Batch[] = [];
  #completeAfter: number;

  /** @param revision the feed's: the log is complete from there on */
  constructor(key: string, covers: (name: string) => boolean, revision: number) {
    this.key = key;
    this.covers = covers;
    this.#completeAfter = revision;
  }

  add(batch: Batch): void {
    this.#log.push(batch);
    if (this.#log.length <= LIMITS.watchLogCommitsMax) return;
    this.#completeAfter = (this.#log.shift() as Batch).revision;
  }

  /** Forgets what all have been told. */
  forgetUpTo(revision: number): void {
    const kept = this.#log.findIndex((batch) => batch.revision > revision);
    const gone = this.#log.splice(0, kept === -1 ? this.#log.length : kept);
    this.#completeAfter = gone.at(-1)?.revision ?? this.#completeAfter;
  }

  /** Changes up to a revision were missed: whoever comes now and goes on from before it has missed them too. */
  startOver(revision: number): void {
    this.#log = [];
    this.#completeAfter = revision;
  }

  /** Whether all changes after a revision are known here. */
  reachesBackTo(revision: number): boolean {
    return revision >= this.#completeAfter;
  }

  /** The first change after a revision; undefined if there is none yet, `gone` if it is no longer known. */
  next(revision: number): Batch | "gone" | undefined {
    if (revision < this.#completeAfter) return "gone";
    let at = this.#log.length;
    while (at > 0 && (this.#log[at - 1] as Batch).revision > revision) at -= 1;
    return this.#log[at];
  }
}
