import type { ReadMode } from "../../shared/gateway/cell-service.js";
import type { Clock } from "../../shared/ports/clock.js";
import { listKey, lockKey } from "../../shared/protocol/keys.js";
import { LIMITS } from "../../shared/protocol/limits.js";
import { holderIdOf } from "../../shared/protocol/tokens.js";
import type { SimRandom } from "../../shared/sim/sim-random.js";
import type { Pending } from "../check/history.js";
import type { LockResult } from "../check/lock-operation.js";
import type { Records } from "../check/records.js";
import type { Doors, SentCommand } from "./doors.js";
import type { Deed, Step } from "./step.js";
import { type TtlAnswer, type TtlCommand, ttlAcquire } from "./ttl-command.js";
import { principalOf } from "./users.js";

const PATIENCE_MS = { min: 300, max: 3_000 };
const PAUSE_MS = { min: 20, max: 300 };

export interface ClientParts {
  readonly clock: Clock;
  readonly random: SimRandom;
  readonly doors: Doors;
  readonly records: Records;
  readonly name: string;
  /** Whose token it shows. A user writes through one client only: two would share its locks. */
  readonly user: string;
  /** How long it waits for the answer to a command before it sends it again. */
  readonly patienceMs?: Span;
}

interface Span {
  readonly min: number;
  readonly max: number;
}

/**
 * A client of the cell, as a careful one would be written: a command is sent under an operation id, again
 * and through whichever door, until there is an answer. It writes down what it asked and what it was told.
 */
export class Client {
  readonly #parts: ClientParts;
  readonly #leases = new Map<string, string>();
  #last: SentCommand | undefined;
  #operations = 0;

  constructor(parts: ClientParts) {
    this.#parts = parts;
  }

  /** Does the steps in turn. */
  async run(steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      await this.pause(step.atMs - this.#parts.clock.monotonicMs());
      await this.do(step);
    }
  }

  async do(deed: Deed): Promise<void> {
    switch (deed.kind) {
      case "read":
        await this.#inTime(deed, this.#tryRead(deed));
        return;
      case "list":
        await this.#list(deed);
        return;
      case "repeat":
        await this.#repeat(deed);
        return;
      case "revoke":
      case "grant":
        return;
      default: {
        const command = this.#commandOf(deed);
        if (command !== undefined) await this.#write(deed, command);
      }
    }
  }

  /** Reads a lock at a door until it is answered there. */
  async readUntilAnswered(deed: Deed & { kind: "read" }): Promise<void> {
    while (!(await this.#tryRead(deed))) await this.pause(this.#between(PAUSE_MS));
  }

  async pause(forMs: number): Promise<void> {
    if (forMs <= 0) return;
    await new Promise<void>((resolve) => {
      this.#parts.clock.after(forMs, resolve);
    });
  }

  /** Waits for what is asked at a door, and complains if that took too long. */
  async #inTime<T>({ kind, door, withinMs = Number.POSITIVE_INFINITY }: Deed, asked: Promise<T>): Promise<T> {
    const { clock, records, name } = this.#parts;
    const beganMs = clock.monotonicMs();
    try {
      return await asked;
    } finally {
      const tookMs = clock.monotonicMs() - beganMs;
      if (tookMs > withinMs)
        records.mishap(
          "answered in time",
          `nothing may hold up the ${kind} of ${name} at ${door}: it took ${tookMs} ms`,
        );
    }
  }

  async #tryRead({ lock, door, bypass, maxStaleMs }: Deed & { kind: "read" }): Promise<boolean> {
    const { records, name, user, clock, doors } = this.#parts;
    const mode: ReadMode = {
      ...(bypass === undefined ? {} : { bypass }),
      ...(maxStaleMs === undefined ? {} : { maxStaleMs }),
    };
    const key = lockKey(lock);
    const fresh = records.locks.begin(name, key, { kind: "read" });
    const staleMs = Math.min(maxStaleMs ?? 0, LIMITS.staleMsMax);
    const stale = maxStaleMs === undefined ? undefined : records.stale.begin(name, key, { kind: "read", staleMs });
    const invokedAtMs = clock.monotonicMs();
    records.tell(
      name,
      () =>
        `reads ${lock} at ${door}${bypass ? " (no-cache)" : ""}${maxStaleMs === undefined ? "" : ` (max-stale ${maxStaleMs} ms)`}`,
    );
    try {
      const shown = await doors.read(door, user, lock, mode);
      const { allowed, stale: isStale, result } = shown;
      const returnedAtMs = clock.monotonicMs();
      records.reads.push({ user, by: name, door, invokedAtMs, returnedAtMs, allowed, stale: isStale });
      records.tell(name, () => `reads ${lock}: ${allowed ? told(result) : "authentication failed"} (${shown.source})`);
      note(allowed && !isStale, fresh, result);
      if (stale !== undefined) note(allowed && isStale, stale, result);
      return true;
    } catch (error) {
      fresh.withdrawn();
      stale?.withdrawn();
      records.tell(name, () => `reads ${lock}: ${(error as Error).message}`);
      return false;
    }
  }

  async #list({ prefix, door, bypass }: Deed & { kind: "list" }): Promise<void> {
    const { records, name, user, clock, doors } = this.#parts;
    const list = records.lists.begin(name, listKey(prefix), { kind: "list", prefix });
    const invokedAtMs = clock.monotonicMs();
    records.tell(name, () => `lists ${JSON.stringify(prefix)} at ${door}${bypass ? " (no-cache)" : ""}`);
    try {
      const { allowed, locks, source } = await doors.list(door, user, prefix, bypass === undefined ? {} : { bypass });
      const returnedAtMs = clock.monotonicMs();
      records.reads.push({ user, by: name, door, invokedAtMs, returnedAtMs, allowed, stale: false });
      records.tell(name, () => `lists: ${allowed ? JSON.stringify(locks) : "authentication failed"} (${source})`);
      if (allowed) list.returned(locks);
      else list.withdrawn();
    } catch (error) {
      list.withdrawn();
      records.tell(name, () => `lists: ${(error as Error).message}`);
    }
  }

  #commandOf(deed: Deed): TtlCommand | undefined {
    switch (deed.kind) {
      case "acquire": {
        const { lock: name, ttlMs, lockDelayMs, metadata } = deed;
        return ttlAcquire(name, { ttlMs, lockDelayMs, metadata });
      }
      case "renew":
      case "release":
      case "setMetadata": {
        const leaseId = this.#leases.get(deed.lock);
        if (leaseId === undefined) return undefined;
        if (deed.kind === "renew") return { kind: "renew", name: deed.lock, leaseId, ttlMs: deed.ttlMs };
        if (deed.kind === "release") return { kind: "release", name: deed.lock, leaseId };
        return { kind: "setMetadata", name: deed.lock, leaseId, metadata: deed.metadata };
      }
      default:
        return undefined;
    }
  }

  async #write(deed: Deed, command: TtlCommand): Promise<void> {
    const { name, user, records, clock } = this.#parts;
    const sent = { user, operationId: `${name}-${++this.#operations}`, command };
    const holderId = holderIdOf(principalOf(user));
    const pending = records.locks.begin(name, lockKey(command.name), { ...command, holderId });
    const answer = await this.#send(sent, deed, deed.abandon === true ? 1 : Number.POSITIVE_INFINITY);
    if (answer === undefined) return;
    // An earlier sending, whose answer was lost, may have come before the token was revoked.
    if (answer.status === "refused" && answer.code === "authentication_failed") return;
    pending.returned(answer);
    records.answered.push({ operationId: sent.operationId, by: name, atMs: clock.monotonicMs(), answer });
    this.#last = sent;
    if (answer.status === "acquired") this.#leases.set(command.name, answer.leaseId);
  }

  async #repeat(deed: Deed): Promise<void> {
    const last = this.#last;
    if (last === undefined) return;
    const { name, records, clock } = this.#parts;
    const answer = await this.#send(last, deed, 1);
    if (answer === undefined || (answer.status === "refused" && answer.code === "authentication_failed")) return;
    records.answered.push({ operationId: last.operationId, by: name, atMs: clock.monotonicMs(), answer });
  }

  /** Sends a command until it is answered, or so many times. */
  async #send(sent: SentCommand, deed: Deed, attempts: number): Promise<TtlAnswer | undefined> {
    const { name, records, doors, patienceMs = PATIENCE_MS } = this.#parts;
    const { command, operationId } = sent;
    for (let attempt = 1; attempt <= attempts; attempt++) {
      const door = attempt === 1 ? this.#door(deed.door) : this.#anyDoor();
      records.tell(name, () => `asks ${door}: ${JSON.stringify(command)} (${operationId}, attempt ${attempt})`);
      try {
        const asked = doors.execute(door, sent, this.#between(patienceMs));
        const answer = await (attempt === 1 ? this.#inTime(deed, asked) : asked);
        records.tell(name, () => `is told: ${JSON.stringify(answer)} (${operationId})`);
        return answer;
      } catch (error) {
        records.tell(name, () => `does not know: ${(error as Error).message} (${operationId})`);
      }
      await this.pause(this.#between(PAUSE_MS));
    }
    return undefined;
  }

  #door(name: string): string {
    return this.#parts.doors.names.includes(name) ? name : this.#anyDoor();
  }

  #anyDoor(): string {
    const { doors, random } = this.#parts;
    return doors.names[random.int(doors.names.length)] as string;
  }

  #between({ min, max }: Span): number {
    return min + this.#parts.random.fraction() * (max - min);
  }
}

function note(counts: boolean, pending: Pending<LockResult>, result: LockResult): void {
  if (counts) pending.returned(result);
  else pending.withdrawn();
}

function told(result: LockResult): string {
  if (result.status !== "read" || result.lock === null) return "free";
  return `token ${result.lock.fencingToken}, ${JSON.stringify(result.lock.metadata)}`;
}
