/**
 * The order of writes (rules R1 and R3). A command takes its place in the queues of all the keys that it
 * may change in one step, starts when it is first in all of them, and a key is closed as long as anybody
 * stands in its queue: whatever is read of it meanwhile is not to be kept.
 *
 * Places are taken in one step, so no two commands can each wait for the other.
 */
export class KeyQueues<T extends { readonly keys: ReadonlySet<string> }> {
  readonly #queues = new Map<string, T[]>();

  /** Takes a place in every queue of the command. True if it is first in all. */
  enter(command: T): boolean {
    for (const key of command.keys) {
      const queue = this.#queues.get(key);
      if (queue === undefined) this.#queues.set(key, [command]);
      else queue.push(command);
    }
    return this.#isFirst(command);
  }

  /** Leaves every queue, from the front of each. Returns the commands that are first in all of theirs now. */
  leave(command: T): T[] {
    const next: T[] = [];
    for (const key of command.keys) {
      const queue = this.#queues.get(key) as T[];
      queue.shift();
      if (queue.length === 0) this.#queues.delete(key);
      else next.push(queue[0] as T);
    }
    return next.length === 0 ? next : [...new Set(next)].filter((candidate) => this.#isFirst(candidate));
  }

  /** Those who are first in the queues of these keys. */
  firstAt(keys: Iterable<string>): T[] {
    return [...keys].flatMap((key) => this.#queues.get(key)?.[0] ?? []);
  }

  /** Those who stand in the queues of these keys, each once. */
  standingAt(keys: Iterable<string>): T[] {
    return [...new Set([...keys].flatMap((key) => this.#queues.get(key) ?? []))];
  }

  /** Everybody in any queue. */
  everyone(): T[] {
    return [...new Set([...this.#queues.values()].flat())];
  }

  isClosed(key: string): boolean {
    return this.#queues.has(key);
  }

  get isEmpty(): boolean {
    return this.#queues.size === 0;
  }

  #isFirst(command: T): boolean {
    for (const key of command.keys) if (this.#queues.get(key)?.[0] !== command) return false;
    return true;
  }
}
