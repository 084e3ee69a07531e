import { systemRandom } from "../adapters/system-random.js";
import type { Clock } from "../ports/clock.js";
import type { Answer, LockCommand } from "../protocol/commands.js";
import type { Entry, LockEntry, SessionEntry } from "../protocol/entries.js";
import { lockKey } from "../protocol/keys.js";
import type { Change, Grant } from "../protocol/link.js";
import { holderIdOf } from "../protocol/tokens.js";
import type { FeedFixture } from "./cell-feed.fixture.js";

type Acquire = LockCommand & { kind: "acquire" };
type Acquired = Answer & { status: "acquired" };

/** Who makes a write, and under which session and operation id. */
export interface Writer {
  readonly principal: string;
  readonly sessionId: string | undefined;
  readonly operationId: string | undefined;
}

interface HeldLock {
  readonly entry: Entry & { readonly value: LockEntry };
  readonly writer: Writer;
  readonly command: Acquire;
  readonly leaseId: string;
}

export const refused = (code: string, details: string, httpStatus: number): Answer => ({
  status: "refused",
  code,
  details,
  httpStatus,
});

const NO_TTL_RETRY_MS = 1_000;

/** The locks of a cell in one object. They stay held until they are released, `expire` is called or their session ends. */
export class LocksFixture {
  readonly #clock: Clock;
  readonly #feed: FeedFixture;
  readonly #granted: (grant: Grant) => void;
  readonly #held = new Map<string, HeldLock>();
  readonly #waiting = new Map<string, { readonly writer: Writer; readonly command: Acquire }[]>();
  /** When a freed lock may be taken again. */
  readonly #coolUntilMs = new Map<string, number>();
  #fencingToken = 0;

  /** @param granted hears of a grant before the feed tells it */
  constructor(clock: Clock, feed: FeedFixture, granted: (grant: Grant) => void) {
    this.#clock = clock;
    this.#feed = feed;
    this.#granted = granted;
  }

  entry(name: string): Entry | undefined {
    return this.#held.get(name)?.entry;
  }

  list(prefix: string): LockEntry[] {
    return [...this.#held.values()].map(({ entry }) => entry.value).filter((lock) => lock.name.startsWith(prefix));
  }

  /** What a session has. */
  ofSession(sessionId: string): Pick<SessionEntry, "locks" | "waits" | "lockCount"> {
    const named = [...this.#held.values()].filter(({ writer }) => writer.sessionId === sessionId);
    const locks = named
      .filter(({ command }) => command.ephemeral)
      .map(({ entry: { value }, leaseId }) => ({ name: value.name, leaseId, fencingToken: value.fencingToken }));
    const waits = [...this.#waiting].flatMap(([name, places]) =>
      places
        .filter(({ writer }) => writer.sessionId === sessionId)
        .map(({ writer }) => ({ name, operationId: writer.operationId as string })),
    );
    return { locks, waits, lockCount: named.length };
  }

  apply(command: LockCommand, writer: Writer): Answer {
    if (command.kind === "acquire") return this.#acquire(command, writer);
    if (command.kind === "cancelWait") return this.#cancelWait(command.name, command.waitOperationId, writer);
    const held = this.#held.get(command.name);
    if (held === undefined) return refused("lease_not_current", "Lease is not current.", 404);
    const isTheLease = held.leaseId === command.leaseId;
    if (!isTheLease || held.writer.principal !== writer.principal) {
      if (isTheLease && held.command.ephemeral) return refused("not_found", "Session not found.", 404);
      return refused("lease_not_current", "Invalid lease ID.", 400);
    }
    if (command.kind === "release") {
      this.#free(held, "released");
      return { status: "released" };
    }
    if (command.kind === "setMetadata") {
      this.#put(held, { metadata: command.metadata }, "metadata");
      return { status: "metadataSet", leaseId: held.leaseId, metadata: command.metadata };
    }
    if (held.entry.value.expiresAtWallMs === null) return refused("conflict", "The lock has no TTL to renew.", 409);
    const expiresAtWallMs = this.#clock.wallMs() + command.ttlMs;
    this.#put(held, { expiresAtWallMs }, "renewed");
    return { status: "renewed", leaseId: held.leaseId, expiresAtWallMs, renewAfterMs: Math.floor(command.ttlMs / 2) };
  }

  /** Frees a lock as if its time were over. */
  expire(name: string): void {
    const held = this.#held.get(name);
    if (held !== undefined) this.#free(held, "expired");
  }

  /** Frees what a session holds, and its places; what only bears its name stays. */
  endSession(sessionId: string, event: "released" | "expired"): void {
    for (const [name, places] of this.#waiting) {
      const others = places.filter(({ writer }) => writer.sessionId !== sessionId);
      this.#waiting.set(name, others);
    }
    for (const held of [...this.#held.values()]) {
      if (held.command.ephemeral && held.writer.sessionId === sessionId) this.#free(held, event);
    }
  }

  #acquire(command: Acquire, writer: Writer): Answer {
    const held = this.#held.get(command.name);
    const places = this.#waiting.get(command.name) ?? [];
    if (held !== undefined && holderOf(held.command, held.writer) === holderOf(command, writer)) {
      return this.#again(held, command);
    }
    if (held === undefined && this.#coolMs(command.name) <= 0 && places.length === 0) {
      return this.#take(command, writer);
    }
    if (command.wait) return this.#queue(command, writer, places);
    return held === undefined ? this.#delayed(command.name) : this.#heldBy(held);
  }

  #again(held: HeldLock, command: Acquire): Answer {
    const { expiresAtWallMs } = held.entry.value;
    if (expiresAtWallMs === null || command.ttlMs === null) return this.#acquired(held);
    const pushed = this.#clock.wallMs() + command.ttlMs;
    if (pushed <= expiresAtWallMs) return this.#acquired(held);
    return this.#acquired(this.#put(held, { expiresAtWallMs: pushed }, "renewed", held.entry.revision));
  }

  #take(command: Acquire, writer: Writer): Answer {
    const held = this.#lockOf(command, writer);
    this.#held.set(command.name, held);
    this.#feed.commit([{ entry: held.entry, event: "acquired" }]);
    return this.#acquired(held);
  }

  #queue(command: Acquire, writer: Writer, places: readonly { writer: Writer; command: Acquire }[]): Answer {
    if (places.some((place) => place.writer.sessionId === writer.sessionId)) {
      return refused("conflict", "This session waits for this lock already.", 409);
    }
    this.#waiting.set(command.name, [...places, { writer, command }]);
    this.#feed.commit();
    const coolMs = this.#coolMs(command.name);
    if (coolMs > 0) this.#clock.after(coolMs, () => this.#grantNext(command.name));
    return { status: "waiting" };
  }

  #cancelWait(name: string, operationId: string, writer: Writer): Answer {
    const places = this.#waiting.get(name) ?? [];
    const others = places.filter((place) => place.writer.operationId !== operationId);
    if (others.length < places.length) {
      this.#waiting.set(name, others);
      this.#feed.commit();
      return { status: "cancelled" };
    }
    const held = this.#held.get(name);
    const granted = held?.writer.operationId === operationId && held.writer.sessionId === writer.sessionId;
    return held !== undefined && granted ? this.#acquired(held) : { status: "cancelled" };
  }

  #free(held: HeldLock, event: "released" | "expired"): void {
    const { name, lockDelayMs, delayOnRelease } = held.command;
    this.#held.delete(name);
    const delayMs = event === "expired" || delayOnRelease ? lockDelayMs : 0;
    if (delayMs > 0) {
      this.#coolUntilMs.set(name, this.#clock.monotonicMs() + delayMs);
      this.#clock.after(delayMs, () => this.#grantNext(name));
    }
    if (this.#grantNext(name)) return;
    this.#feed.commit([{ entry: { key: lockKey(name), value: null, revision: this.#feed.next }, event }]);
  }

  /** Grants a lock that is free to who waits first: one commit, and one change of the lock, with what freed it. */
  #grantNext(name: string): boolean {
    const [first, ...others] = this.#waiting.get(name) ?? [];
    if (first === undefined || this.#held.has(name) || this.#coolMs(name) > 0) return false;
    this.#waiting.set(name, others);
    const held = this.#lockOf(first.command, first.writer);
    this.#held.set(name, held);
    const { sessionId, operationId } = first.writer as { sessionId: string; operationId: string };
    const grant: Grant = { sessionId, operationId, name, answer: this.#acquired(held) };
    this.#granted(grant);
    this.#feed.commit([{ entry: held.entry, event: "acquired" }], [grant]);
    return true;
  }

  #lockOf(command: Acquire, writer: Writer): HeldLock {
    this.#fencingToken += 1;
    const value: LockEntry = {
      kind: "lock",
      name: command.name,
      holderId: holderIdOf(holderOf(command, writer)),
      fencingToken: this.#fencingToken,
      expiresAtWallMs: command.ttlMs === null ? null : this.#clock.wallMs() + command.ttlMs,
      metadata: command.metadata,
    };
    const entry = { key: lockKey(command.name), value, revision: this.#feed.next };
    return { entry, writer, command, leaseId: systemRandom.uuid() };
  }

  #put(held: HeldLock, changes: Partial<LockEntry>, event: Change["event"], revision = this.#feed.next): HeldLock {
    const entry = { ...held.entry, value: { ...held.entry.value, ...changes }, revision };
    const changed = { ...held, entry };
    this.#held.set(entry.value.name, changed);
    this.#feed.commit([{ entry, event }]);
    return changed;
  }

  #acquired({ entry: { value }, leaseId }: HeldLock): Acquired {
    const { fencingToken, expiresAtWallMs, metadata } = value;
    const renewAfterMs = expiresAtWallMs === null ? null : Math.floor((expiresAtWallMs - this.#clock.wallMs()) / 2);
    return { status: "acquired", leaseId, fencingToken, expiresAtWallMs, renewAfterMs, metadata };
  }

  #heldBy({ entry: { value } }: HeldLock): Answer {
    const { holderId, expiresAtWallMs, metadata } = value;
    const retryAfterMs = expiresAtWallMs === null ? NO_TTL_RETRY_MS : Math.ceil(expiresAtWallMs - this.#clock.wallMs());
    return { status: "held", holderId, expiresAtWallMs, retryAfterMs, metadata };
  }

  #delayed(name: string): Answer {
    const coolMs = Math.ceil(this.#coolMs(name));
    const availableAtWallMs = this.#clock.wallMs() + coolMs;
    return { status: "delayed", availableAtWallMs, lockDelayMs: coolMs, retryAfterMs: coolMs };
  }

  #coolMs(name: string): number {
    return (this.#coolUntilMs.get(name) ?? 0) - this.#clock.monotonicMs();
  }
}

const holderOf = ({ ephemeral }: Acquire, { principal, sessionId }: Writer): string =>
  ephemeral ? `session/${sessionId}` : principal;
