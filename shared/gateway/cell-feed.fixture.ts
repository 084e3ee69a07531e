import type { Change, Commit, Grant } from "../protocol/link.js";
import type { Feed, FeedListener, Since } from "./feed.js";

/** The commits of a cell in one object, in memory, and told as soon as they are made. */
export class FeedFixture implements Feed {
  readonly #commits: Commit[] = [];
  readonly #listeners = new Set<FeedListener>();
  #compacted = 0;

  get revision(): number {
    return this.#commits.length;
  }

  /** How many listen. */
  get listeners(): number {
    return this.#listeners.size;
  }

  /** The revision that the next commit gets. */
  get next(): number {
    return this.revision + 1;
  }

  /** Takes the next revision for some changes, and tells them. */
  commit(changes: readonly Change[] = [], grants: readonly Grant[] = []): number {
    const revision = this.next;
    const commit: Commit = { revision, changes: [...changes], ...(grants.length > 0 && { grants: [...grants] }) };
    this.#commits.push(commit);
    for (const listener of [...this.#listeners]) listener.onCommit(commit);
    return revision;
  }

  follow(listener: FeedListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async since(revision: number): Promise<Since> {
    if (revision > this.revision || revision < this.#compacted) return "compacted";
    return { commits: this.#commits.slice(revision), revision: this.revision };
  }

  /** From now on nobody can tell what came before now. */
  compact(): void {
    this.#compacted = this.revision;
  }

  /** Commits of which nobody is told. */
  skip(count: number): void {
    for (let left = count; left > 0; left -= 1) this.#commits.push({ revision: this.next, changes: [] });
  }

  /** Loses what nobody can tell any more, as after a long break of the bus. */
  lose(): void {
    this.compact();
    for (const listener of [...this.#listeners]) listener.onLost();
  }
}
