import { systemClock } from "../adapters/system-clock.js";
import type { Clock } from "../ports/clock.js";
import type { Answer, Command, LockCommand } from "../protocol/commands.js";
import type { Entry, EntryValue, ProxyAddress, TokenEntry } from "../protocol/entries.js";
import { Fault } from "../protocol/errors.js";
import { parseKey, tokenKey } from "../protocol/keys.js";
import type { Grant } from "../protocol/link.js";
import { ADMIN_PRINCIPAL, adminKeyHash, tokenHash } from "../protocol/tokens.js";
import { FeedFixture } from "./cell-feed.fixture.js";
import { LocksFixture, refused } from "./cell-locks.fixture.js";
import type { CellService, Readiness, ReadMode, ReadSource, View, Write } from "./cell-service.js";
import { SessionsFixture } from "./cell-sessions.fixture.js";

/**
 * A cell in one object, for tests of the doors: no disk, no proxies, and TTL locks that stay held until they are
 * released. Everything that it does say, it says as a master would.
 */
export class CellFixture implements CellService {
  readonly feed = new FeedFixture();
  readonly locks: LocksFixture;
  readonly sessions: SessionsFixture;
  readonly #clock: Clock;
  readonly #tokens = new Map<string, Entry>();
  readonly #filled = new Set<string>();
  readonly #operations = new Map<string, { readonly request: string; answer: Answer }>();

  /** Whether all is in the cache. Else only what was read is, for the rest of that turn. */
  cached = true;
  source: ReadSource = "hit";
  ageMs = 0;
  keepAlives = true;
  state: Omit<Readiness, "revision"> = { ready: true, bus: "connected", role: "master", epoch: 1 };
  proxies: ProxyAddress[] = [];
  /** What the next read or write rejects with. */
  failure: Error | undefined;
  /** How often `readCached` was called. */
  readCalls = 0;
  readonly reads: { keys: readonly string[]; mode: ReadMode }[] = [];
  readonly writes: Write[] = [];

  /** @param tokens principals by token */
  constructor(tokens: Readonly<Record<string, string>>, adminKey?: string, clock: Clock = systemClock) {
    this.#clock = clock;
    const { feed } = this;
    const locks = new LocksFixture(clock, feed, (grant) => this.#granted(grant));
    this.locks = locks;
    const mayKeepAlive = (): boolean => this.keepAlives;
    this.sessions = new SessionsFixture({ clock, feed, locks, mayKeepAlive, execute: (write) => this.execute(write) });
    for (const [token, principal] of Object.entries(tokens)) this.#addToken(tokenHash(token), principal);
    if (adminKey !== undefined) this.#addToken(adminKeyHash(adminKey), ADMIN_PRINCIPAL);
  }

  revoke(token: string): void {
    this.#putToken(tokenHash(token), null);
  }

  readCached(keys: readonly string[]): View | undefined {
    this.readCalls += 1;
    const isHit = this.cached || keys.every((key) => this.#filled.has(key));
    return isHit ? this.#view(keys, this.source) : undefined;
  }

  async read(keys: readonly string[], mode: ReadMode): Promise<View> {
    this.reads.push({ keys, mode });
    this.#fail();
    for (const key of keys) this.#filled.add(key);
    this.#clock.afterTurn(() => this.#filled.clear());
    return this.#view(keys, mode.bypass === true ? "bypass" : this.cached ? this.source : "miss");
  }

  async execute(write: Write): Promise<Answer> {
    this.writes.push(write);
    this.#fail();
    const caller = this.#tokens.get(tokenKey(write.tokenHash))?.value;
    if (caller?.kind !== "token") return refused("authentication_failed", "The token was revoked.", 401);
    const request = JSON.stringify([write.command, write.session?.sessionId]);
    const known = write.operationId === undefined ? undefined : this.#operations.get(write.operationId);
    if (known !== undefined) {
      return known.request === request ? known.answer : refused("conflict", "Another request had this key.", 409);
    }
    const answer = this.#decide(write, caller.principal);
    if (answer.status === "cancelled" && write.command.kind === "cancelWait") {
      const cancelled = refused("conflict", "The acquire was cancelled.", 409);
      this.#operations.set(write.command.waitOperationId, { request: "cancelled", answer: cancelled });
    }
    if (write.operationId !== undefined) this.#operations.set(write.operationId, { request, answer });
    return answer;
  }

  mayKeepAlive(): boolean {
    return this.keepAlives;
  }

  readiness(): Readiness {
    return { ...this.state, revision: this.feed.revision };
  }

  #decide({ command, session, operationId }: Write, principal: string): Answer {
    if (!isLockCommand(command)) throw new Error(`the sessions of this cell take no ${command.kind}`);
    const flaw = session === undefined ? undefined : this.sessions.flaw(session, principal);
    if (flaw !== undefined) return refused(flaw.code, flaw.message, flaw.httpStatus);
    return this.locks.apply(command, { principal, sessionId: session?.sessionId, operationId });
  }

  #granted({ operationId, answer }: Grant): void {
    const operation = this.#operations.get(operationId);
    if (operation !== undefined) operation.answer = answer;
  }

  #addToken(hash: string, principal: string): void {
    this.#putToken(hash, { kind: "token", principal });
  }

  #putToken(hash: string, value: TokenEntry | null): void {
    const key = tokenKey(hash);
    const entry = { key, value, revision: this.feed.next };
    if (value === null) this.#tokens.delete(key);
    else this.#tokens.set(key, entry);
    this.feed.commit([{ entry, event: "token" }]);
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
    const unkept = (value: EntryValue | null): Entry => ({ key, value, revision: this.feed.revision });
    const parsed = parseKey(key);
    switch (parsed?.kind) {
      case "token":
        return this.#tokens.get(key) ?? unkept(null);
      case "lock":
        return this.locks.entry(parsed.rest) ?? unkept(null);
      case "list":
        return unkept({ kind: "list", locks: this.locks.list(parsed.rest) });
      case "session":
        return unkept(this.sessions.entry(parsed.rest));
      case "proxies":
        return unkept({ kind: "proxies", proxies: this.proxies });
      default:
        throw new Fault("internal_error", `no key: ${key}`);
    }
  }
}

const isLockCommand = (command: Command): command is LockCommand => "name" in command;
