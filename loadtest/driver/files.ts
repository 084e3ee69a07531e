import type { Clock } from "../../shared/ports/clock.js";
import type { Names } from "../mixes/names.js";
import type { LockClient } from "./lock-client.js";
import type { User } from "./messages.js";
import type { Witness } from "./witness.js";

const HELD_TTL_SECONDS = 3_600;
/** Before the time, in ms of the run, at which a primary's fail-over began. */
const SINCE = " since ";

/** When the fail-over began that brought these contents; undefined if none did. */
export function failedOverAt(contents: string | null): number | undefined {
  const at = contents?.lastIndexOf(SINCE) ?? -1;
  return at < 0 ? undefined : Number(contents?.slice(at + SINCE.length));
}

/** The files that one driver keeps: locks that it holds, and whose contents only it changes. */
export class Files {
  readonly #names: Names;
  readonly #witness: Witness;
  readonly #clock: Clock;
  readonly #all: File[] = [];

  constructor(names: Names, witness: Witness, clock: Clock) {
    this.#names = names;
    this.#witness = witness;
    this.#clock = clock;
  }

  get count(): number {
    return this.#all.length;
  }

  async create(index: number, user: User, locks: LockClient): Promise<void> {
    const file = { index, user, locks, leaseId: "", version: 0, last: Promise.resolve() };
    this.#all.push(file);
    await this.#acquire(file, this.#names.contents(index, 0));
  }

  /** Gives one file other contents. The writes of one file go one after another: it has one writer. */
  setContents(at: number): Promise<void> {
    return this.#inTurn(at, async (file) => {
      file.version += 1;
      const name = this.#names.file(file.index);
      const { user, locks, leaseId } = file;
      const contents = this.#names.contents(file.index, file.version);
      await this.#witness.setMetadata(name, user.principal, leaseId, contents, () =>
        locks.setMetadata(user.token, name, leaseId, contents),
      );
    });
  }

  /** One primary goes, and the next one, which is another user, takes its place. Resolves with the file's number. */
  failOver(at: number, next: User): Promise<number> {
    return this.#inTurn(at, async (file) => {
      const begunMs = this.#clock.monotonicMs();
      const name = this.#names.file(file.index);
      const { user, locks, leaseId } = file;
      await this.#witness.release(name, user.principal, leaseId, () => locks.release(user.token, name, leaseId));
      file.user = next;
      file.version += 1;
      await this.#acquire(file, `${this.#names.contents(file.index, file.version)}${SINCE}${begunMs}`);
      return file.index;
    });
  }

  #inTurn<T>(at: number, work: (file: File) => Promise<T>): Promise<T> {
    const file = this.#all[at % this.#all.length] as File;
    const done = file.last.then(() => work(file));
    file.last = done.catch(() => {});
    return done;
  }

  async #acquire(file: File, contents: string): Promise<void> {
    const { index, user, locks } = file;
    const name = this.#names.file(index);
    const granted = await this.#witness.acquire(name, user.principal, HELD_TTL_SECONDS, contents, () =>
      locks.acquire(user.token, name, HELD_TTL_SECONDS, contents),
    );
    file.leaseId = granted.leaseId;
  }
}

interface File {
  readonly index: number;
  readonly locks: LockClient;
  user: User;
  leaseId: string;
  version: number;
  /** The last write that was begun. */
  last: Promise<unknown>;
}
