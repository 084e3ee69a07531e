/**
 * How far a watch has come.
 *
 * One commit may change many locks, and their events then bear one revision; so an event does not tell that its
 * revision is complete, and a connection may end between two of them. The watch is resumed after the last revision that
 * is certainly complete, and what comes a second time is left out.
 */
export class Position {
  #completeTo: number | undefined;
  #partial: { readonly revision: number; readonly names: Set<string> } | undefined;

  /** To be resumed after this revision; undefined if there is nothing to go on from. */
  get after(): number | undefined {
    return this.#completeTo;
  }

  /** Everything up to `revision` is told. */
  completed(revision: number): void {
    this.#completeTo = revision;
    if (this.#partial !== undefined && this.#partial.revision <= revision) this.#partial = undefined;
  }

  /** Whether an event is news; if it is, it counts as told. */
  isNews(revision: number, name: string): boolean {
    if (this.#completeTo !== undefined && revision <= this.#completeTo) return false;
    if (this.#partial === undefined || revision > this.#partial.revision) {
      this.#completeTo = revision - 1;
      this.#partial = { revision, names: new Set([name]) };
      return true;
    }
    if (this.#partial.revision !== revision || this.#partial.names.has(name)) return false;
    this.#partial.names.add(name);
    return true;
  }

  /** It begins again, with a state. */
  forget(): void {
    this.#completeTo = undefined;
    this.#partial = undefined;
  }
}
