import { systemRandom } from "../adapters/system-random.js";
import type { Answer, Command } from "../protocol/commands.js";
import type { Entry, EntryValue, LockEntry } from "../protocol/entries.js";
import { Fault } from "../protocol/errors.js";
import { parseKey, tokenKey } from "../protocol/keys.js";
import { ADMIN_PRINCIPAL, adminKeyHash, holderIdOf, tokenHash } from "../protocol/tokens.js";
import type { CellService, Readiness, ReadMode, ReadSource, View, Write } from "./cell-service.js";

interface HeldLock {
  readonly entry: Entry & { readonly value: LockEntry };
  readonly principal: string;
  readonly leaseId: string;
  readonly lockDelayMs: number;
}

const refused = (code: string, details: string, httpStatus: number): Answer => ({
  status: "refused",
  code,
  details,
  httpStatus,
});

/**
 * A cell in one object, for tests of the doors: no disk, no proxies, and locks that stay held until they are
 * released. Everything that it does say, it says as a master would.
 */
export class CellFixture implements CellService {
  readonly #tokens = new Map<string, Entry>();
  readonly #locks = new Map<string, HeldLock>();
  /** When a released lock may be taken again. */
  readonly #coolUntilWallMs = new Map<string, number>();
  readonly #operations = new Map<string, { readonly request: string; readonly answer: Answer }>();
  #revision = 0;
  #fencingToken = 0;

  /** What `readCached` says: undefined for a miss, which `read` then answers. */
  cached = true;
  source: ReadSource = "hit";
  ageMs = 0;
  keepAlives = true;
  state: Readiness = { ready: true, bus: "connected", role: "master", epoch: 1, revision: 0 };
  /** What the next read or write rejects with. */
  failure: Error | undefined;
  /** How often `readCached` was called. */
  readCalls = 0;
  readonly reads: { keys: readonly string[]; mode: ReadMode }[] = [];
  readonly writes: Write[] = [];

  /** @param tokens principals by token */
  constructor(tokens: Readonly<Record<string, string>>, adminKey?: string) {
    for (const [token, principal] of Object.entries(tokens)) this.#addToken(tokenHash(token), principal);
    if (adminKey !== undefined) this.#addToken(adminKeyHash(adminKey), ADMIN_PRINCIPAL);
  }

  #addToken(hash: string, principal: string): void {
    const key = tokenKey(hash);
    this.#revision += 1;
    this.#tokens.set(key, { key, value: { kind: "token", principal }, revision: this.#revision });
  }

  revoke(token: string): void {
    this.#tokens.delete(tokenKey(tokenHash(token)));
    this.#revision += 1;
  }

  readCached(keys: readonly string[]): View | undefined {
    this.readCalls += 1;
    return this.cached ? this.#view(keys, this.source) : undefined;
  }

  async read(keys: readonly string[], mode: ReadMode): Promise<View> {
    this.reads.push({ keys, mode });
    this.#fail();
    return this.#view(keys, mode.bypass === true ? "bypass" : this.cached ? this.source : "miss");
  }

  async execute(write: Write): Promise<Answer> {
    this.writes.push(write);
    this.#fail();
    const request = JSON.stringify(write.command);
    const known = write.operationId === undefined ? undefined : this.#operations.get(write.operationId);
    if (known !== undefined) {
      return known.request === request ? known.answer : refused("conflict", "Another request had this key.", 409);
    }
    const caller = this.#tokens.get(tokenKey(write.tokenHash))?.value;
    if (caller?.kind !== "token") return refused("authentication_failed", "The token was revoked.", 401);
    const answer = this.#apply(write.command, caller.principal);
    if (write.operationId !== undefined) this.#operations.set(write.operationId, { request, answer });
    return answer;
  }

  mayKeepAlive(): boolean {
    return this.keepAlives;
  }

  readiness(): Readiness {
    return this.state;
  }

  #fail(): void {
    const failure = this.failure;
    this.failure = undefined;
    if (failure !== undefined) throw failure;
  }

  #view(keys: readonly string[], source: ReadSource): View {
    return { source, epoch: this.state.epoch, entries: keys.map((key) => this.#entry(key)), ageMs: this.ageMs };
  }

  #entry(key: string): Entry {
    const absent = (value: EntryValue | null = null): Entry => ({ key, value, revision: this.#revision });
    const parsed = parseKey(key);
    if (parsed === undefined) throw new Fault("internal_error", `no key: ${key}`);
    if (parsed.kind === "token") return this.#tokens.get(key) ?? absent();
    if (parsed.kind === "lock") return this.#locks.get(parsed.rest)?.entry ?? absent();
    const all = [...this.#locks.values()].map((held) => held.entry.value);
    return absent({ kind: "list", locks: all.filter((lock) => lock.name.startsWith(parsed.rest)) });
  }

  #apply(command: Command, principal: string): Answer {
    const held = this.#locks.get(command.name);
    if (command.kind === "acquire") return this.#acquire(command, principal, held);
    if (held === undefined) return refused("lease_not_current", "Lease is not current.", 404);
    if (held.leaseId !== command.leaseId || held.principal !== principal) {
      return refused("lease_not_current", "Invalid lease ID.", 400);
    }
    if (command.kind === "release") {
      this.#locks.delete(command.name);
      this.#coolUntilWallMs.set(command.name, Date.now() + held.lockDelayMs);
      this.#revision += 1;
      return { status: "released" };
    }
    if (command.kind === "setMetadata") {
      this.#put(held, { metadata: command.metadata });
      return { status: "metadataSet", leaseId: held.leaseId, metadata: command.metadata };
    }
    const expiresAtWallMs = Date.now() + command.ttlMs;
    this.#put(held, { expiresAtWallMs });
    return { status: "renewed", leaseId: held.leaseId, expiresAtWallMs, renewAfterMs: Math.floor(command.ttlMs / 2) };
  }

  #acquire(command: Command & { kind: "acquire" }, principal: string, held: HeldLock | undefined): Answer {
    const nowMs = Date.now();
    const coolMs = (this.#coolUntilWallMs.get(command.name) ?? 0) - nowMs;
    if (held === undefined && coolMs > 0) {
      return {
        status: "delayed",
        availableAtWallMs: nowMs + coolMs,
        lockDelayMs: coolMs,
        retryAfterMs: coolMs,
      };
    }
    if (held !== undefined && held.principal !== principal) {
      const { holderId, expiresAtWallMs, metadata } = held.entry.value;
      return { status: "held", holderId, expiresAtWallMs, retryAfterMs: Math.ceil(expiresAtWallMs - nowMs), metadata };
    }
    const mine = held ?? this.#grant(command, principal);
    const expiresAtWallMs = Math.max(mine.entry.value.expiresAtWallMs, nowMs + command.ttlMs);
    this.#put(mine, { expiresAtWallMs });
    return {
      status: "acquired",
      leaseId: mine.leaseId,
      fencingToken: mine.entry.value.fencingToken,
      expiresAtWallMs,
      renewAfterMs: Math.floor(command.ttlMs / 2),
      metadata: mine.entry.value.metadata,
    };
  }

  #grant(command: Command & { kind: "acquire" }, principal: string): HeldLock {
    this.#fencingToken += 1;
    const value: LockEntry = {
      kind: "lock",
      name: command.name,
      holderId: holderIdOf(principal),
      fencingToken: this.#fencingToken,
      expiresAtWallMs: 0,
      metadata: command.metadata,
    };
    const leaseId = systemRandom.uuid();
    const entry = { key: `lock/${command.name}`, value, revision: this.#revision };
    return { entry, principal, leaseId, lockDelayMs: command.lockDelayMs };
  }

  #put(held: HeldLock, changes: Partial<LockEntry>): void {
    this.#revision += 1;
    const entry = { ...held.entry, value: { ...held.entry.value, ...changes }, revision: this.#revision };
    this.#locks.set(held.entry.value.name, { ...held, entry });
  }
}
