import type { Clock } from "../../shared/ports/clock.js";
import { CHARS_MAX, type Names } from "../mixes/names.js";
import type { LockClient } from "./lock-client.js";
import type { User } from "./messages.js";
import { Refused } from "./refused.js";
import type { Witness } from "./witness.js";

const HELD_TTL_SECONDS = 3_600;
/** Before the time, in ms of the run, at which a primary's fail-over began. */
const SINCE = " since ";

/** The contents that a fail-over brings which began at `atMs`: no longer than a door takes. */
export function failedOver(contents: string, atMs: number): string {
  const since = `${SINCE}${atMs}`;
  return contents.slice(0, CHARS_MAX - since.length) + since;
}

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
  readonly #creating: Promise<void>[] = [];

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
    const created = this.#acquire(file, this.#names.contents(index, 0)).then(() => void this.#all.push(file));
    this.#creating.push(created);
    await created;
  }

  /** Gives one file other contents. The writes of one file go one after another: it has one writer. */
  setContents(at: number): Promise<void> {
    return this.#inTurn(at, async (file) => {
      file.version += 1;
      const name = this.#names.file(file.index);
      const { user, locks, leaseId } = file;
      const contents = this.#names.contents(file.index, file.version);
      await this.#witness.setMetadata(name, user.holderId, leaseId, contents, () =>
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
      await this.#witness.release(name, user.holderId, leaseId, () => locks.release(user.token, name, leaseId));
      file.user = next;
      file.version += 1;
      await this.#acquire(file, failedOver(this.#names.contents(file.index, file.version), begunMs));
      return file.index;
    });
  }

  /** Gives all of them back. Rejects if a cell does not answer; what it refuses was not held any more. */
  async release(): Promise<void> {
    await Promise.allSettled(this.#creating);
    await Promise.all(this.#all.splice(0).map((file) => this.#release(file)));
  }

  async #release(file: File): Promise<void> {
    await file.last;
    const { index, user, locks, leaseId } = file;
    await locks.release(user.token, this.#names.file(index), leaseId).catch((error: unknown) => {
      if (!(error instanceof Refused)) throw error;
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
    const granted = await this.#witness.acquire(name, user.holderId, HELD_TTL_SECONDS, contents, () =>
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
