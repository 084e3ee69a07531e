import { listKey, lockKey } from "../../protocol/keys.js";
import { type Follower, Topic } from "./topic.js";
import type { WatchTarget } from "./watch.js";

/**
 * Finds the topics that a lock's name falls under: its own, and the prefixes of it, of which there can be one for each
 * length that any prefix has. So a change costs as many look-ups as there are lengths, however many prefixes.
 */
export class Topics<F extends Follower> {
  readonly #names = new Map<string, Topic<F>>();
  readonly #prefixes = new Map<string, Topic<F>>();
  /** How many prefixes have a length. */
  readonly #lengths = new Map<number, number>();

  /** The topic of a target; made if there is none, complete from a revision on. */
  of(target: WatchTarget, revision: number): Topic<F> {
    return "name" in target ? this.#ofName(target.name, revision) : this.#ofPrefix(target.prefix, revision);
  }

  /** Forgets a topic that nobody watches any more. */
  remove(target: WatchTarget): void {
    if ("name" in target) {
      this.#names.delete(target.name);
      return;
    }
    const { prefix } = target;
    if (!this.#prefixes.delete(prefix)) return;
    const left = (this.#lengths.get(prefix.length) as number) - 1;
    if (left === 0) this.#lengths.delete(prefix.length);
    else this.#lengths.set(prefix.length, left);
  }

  *covering(name: string): Iterable<Topic<F>> {
    const own = this.#names.get(name);
    if (own !== undefined) yield own;
    for (const length of this.#lengths.keys()) {
      const topic = length <= name.length ? this.#prefixes.get(name.slice(0, length)) : undefined;
      if (topic !== undefined) yield topic;
    }
  }

  *all(): Iterable<Topic<F>> {
    yield* this.#names.values();
    yield* this.#prefixes.values();
  }

  #ofName(name: string, revision: number): Topic<F> {
    const known = this.#names.get(name);
    if (known !== undefined) return known;
    const made = new Topic<F>(lockKey(name), (other) => other === name, revision);
    this.#names.set(name, made);
    return made;
  }

  #ofPrefix(prefix: string, revision: number): Topic<F> {
    const known = this.#prefixes.get(prefix);
    if (known !== undefined) return known;
    const made = new Topic<F>(listKey(prefix), (name) => name.startsWith(prefix), revision);
    this.#prefixes.set(prefix, made);
    this.#lengths.set(prefix.length, (this.#lengths.get(prefix.length) ?? 0) + 1);
    return made;
  }
}
