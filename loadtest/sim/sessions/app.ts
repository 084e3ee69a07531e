import { isPassing, OctofleetError } from "../../../client/base/error.js";
import { Client } from "../../../client/client.js";
import type { Platform } from "../../../client/ports/platform.js";
import type { Lock } from "../../../client/session/lock.js";
import type { Session } from "../../../client/session/session.js";
import type { Watch } from "../../../client/watch/watch.js";
import type { Clock } from "../../../shared/ports/clock.js";
import type { Records } from "../../check/records.js";
import type { OpenWatched, TrackedLock } from "../../check/session-records.js";
import type { SessionAction } from "./session-action.js";
import { UnderWay } from "./under-way.js";

export interface AppParts {
  /** True time. */
  readonly clock: Clock;
  readonly platform: Platform;
  readonly records: Records;
  readonly name: string;
  readonly proxies: readonly string[];
  readonly token: string;
}

/**
 * A program that uses the client library, in one life of its process: opens a session, takes locks and believes in them
 * as long as the library does, watches, and gives up.
 */
export class App {
  readonly #parts: AppParts;
  #client: Promise<Client> | undefined;
  #session: Promise<Session | undefined> | undefined;
  readonly #locks = new Map<string, { readonly lock: Lock; readonly tracked: TrackedLock }>();
  readonly #wishes = new Map<string, AbortController>();
  readonly #watches = new Map<string, { readonly watch: Watch; readonly told: OpenWatched }>();
  #watchesBegun = 0;
  #live: Session | undefined;
  readonly #underWay: UnderWay;

  constructor(parts: AppParts) {
    this.#parts = parts;
    const { platform, records, name } = parts;
    this.#underWay = new UnderWay(platform.clock, (what) =>
      records.mishap("client library", `${name} has closed its client, and is still not told of its ${what}`),
    );
  }

  /** Its session, as far as it is open. */
  get session(): Session | undefined {
    return this.#live?.state === "expired" ? undefined : this.#live;
  }

  /** How many watches it has opened so far. */
  get watchesBegun(): number {
    return this.#watchesBegun;
  }

  /** The locks that it asks for, or waits for. */
  get wishes(): readonly string[] {
    return [...this.#wishes.keys()];
  }

  get watches(): readonly OpenWatched[] {
    return [...this.#watches.values()].map(({ told }) => told);
  }

  /** The process is dead: its locks are asked for nothing any more. */
  forget(): void {
    for (const { tracked } of this.#locks.values()) this.#parts.records.ofSessions.untrack(tracked);
    this.#locks.clear();
  }

  /** Begins something. Nothing is waited for. */
  do(action: SessionAction): void {
    switch (action.kind) {
      case "open":
        this.#open(action.leaseMs);
        return;
      case "take":
        this.#withSession((session) => this.#take(session, action));
        return;
      case "drop":
        this.#letGo(action.lock, (lock) => lock.release());
        return;
      case "mark":
        this.#useLock(action.lock, (lock) => lock.setMetadata(action.metadata));
        return;
      case "giveUp":
        this.#wishes.get(action.lock)?.abort();
        return;
      case "leave":
        this.#withSession((session) => this.#leave(session));
        return;
      case "quit":
        this.#quit();
        return;
      case "watch":
        this.#watch(action.target);
        return;
      case "unwatch":
        this.#unwatch();
        return;
      case "look":
        this.#later((client) => this.#underWay.settling(`primary of ${action.lock}`, client.primary(action.lock)));
        return;
      default:
    }
  }

  #connected(): Promise<Client> {
    const { platform, proxies, token } = this.#parts;
    this.#client ??= Client.connect(platform, { proxies, token });
    const connecting = this.#client;
    connecting.catch(() => {
      if (this.#client === connecting) this.#client = undefined;
    });
    return connecting;
  }

  #later(act: (client: Client) => Promise<unknown>): void {
    this.#connected()
      .then(act)
      .catch((error: unknown) => this.#failed(error));
  }

  #open(leaseMs: number): void {
    if (this.#session !== undefined) return;
    const opening = this.#connected()
      .then((client) => client.openSession({ leaseMs }))
      .then((session) => this.#opened(session));
    this.#session = opening.catch((error) => this.#isOver(error));
  }

  #opened(session: Session): Session {
    const { records, name } = this.#parts;
    this.#live = session;
    session.on("safe", () => {
      records.tell(name, () => "is safe again");
      records.ofSessions.look();
    });
    session.on("jeopardy", () => records.tell(name, () => "is in jeopardy"));
    session.on("expired", (error) => this.#isOver(error));
    return session;
  }

  /** A program whose session is over opens another one, when it is told to. */
  #isOver(error: unknown): undefined {
    this.#failed(error);
    this.#session = undefined;
    this.#live = undefined;
    this.#closeClient();
  }

  #closeClient(): void {
    const closing = this.#client?.then((client) => client.close());
    this.#client = undefined;
    if (closing !== undefined) this.#underWay.endsWith(closing);
    this.forget();
    for (const { told } of this.#watches.values()) told.isOpen = false;
    this.#watches.clear();
  }

  #withSession(act: (session: Session) => Promise<void>): void {
    this.#session
      ?.then((session) => (session === undefined ? undefined : act(session)))
      .catch((error: unknown) => this.#failed(error));
  }

  async #take(session: Session, { lock: name, ...wish }: SessionAction & { kind: "take" }): Promise<void> {
    if (this.#wishes.has(name) || this.#locks.has(name)) return;
    const { records, name: client } = this.#parts;
    const abort = new AbortController();
    this.#wishes.set(name, abort);
    try {
      const { wait, metadata, lockDelayMs } = wish;
      const acquiring = session.acquire(name, { wait, metadata, lockDelayMs, signal: abort.signal });
      const lock = await this.#underWay.settling(`acquire of ${name}`, acquiring);
      const { fencingToken } = lock;
      const tracked = { lock: name, client, fencingToken, isHeld: () => lock.held };
      if (session === this.#live) this.#locks.set(name, { lock, tracked });
      records.tell(client, () => `has ${name}, token ${fencingToken}`);
      records.ofSessions.track(tracked);
      lock.on("lost", (reason) => {
        records.tell(client, () => `has lost ${name}: ${reason.message}`);
        if (this.#locks.get(name)?.lock === lock) this.#locks.delete(name);
      });
    } finally {
      this.#wishes.delete(name);
    }
  }

  #useLock(name: string, act: (lock: Lock) => Promise<void>): void {
    const { records, name: client } = this.#parts;
    const mine = this.#locks.get(name);
    if (mine === undefined) return;
    act(mine.lock).catch((error: unknown) => records.tell(client, () => `could not use ${name}: ${told(error)}`));
  }

  #letGo(name: string, release: (lock: Lock) => Promise<void>): void {
    this.#useLock(name, release);
    const mine = this.#locks.get(name);
    if (mine === undefined) return;
    this.#parts.records.ofSessions.look();
    this.#parts.records.ofSessions.untrack(mine.tracked);
    this.#locks.delete(name);
  }

  async #leave(session: Session): Promise<void> {
    this.#parts.records.tell(this.#parts.name, () => "closes its session");
    const closing = session.close();
    this.#parts.records.ofSessions.look();
    this.#live = undefined;
    this.#session = undefined;
    this.forget();
    await closing;
  }

  #quit(): void {
    this.#parts.records.tell(this.#parts.name, () => "closes its client");
    this.#live = undefined;
    this.#session = undefined;
    this.#closeClient();
  }

  #watch(target: OpenWatched["target"]): void {
    const key = JSON.stringify(target);
    if (this.#watches.has(key)) return;
    this.#later(async (client) => {
      if (this.#watches.has(key)) return;
      const watch = client.watch(target);
      const told: OpenWatched = { client: this.#parts.name, target, items: [], isOpen: true };
      this.#parts.records.ofSessions.watches.push(told);
      this.#watches.set(key, { watch, told });
      this.#watchesBegun += 1;
      void this.#follow(watch, told);
    });
  }

  async #follow(watch: Watch, told: OpenWatched): Promise<void> {
    const { records, clock, name } = this.#parts;
    try {
      for await (const item of watch) {
        told.items.push({ ...item, atMs: clock.monotonicMs() });
        records.tell(name, () => `is told by its watch: ${JSON.stringify(item)}`);
      }
    } catch (error) {
      this.#failed(error);
    }
    told.isOpen = false;
  }

  #unwatch(): void {
    for (const { watch, told } of this.#watches.values()) {
      told.isOpen = false;
      void watch.return();
    }
    this.#watches.clear();
  }

  /** What the library may reject with; anything else is a mistake of its own. */
  #failed(error: unknown): void {
    const { records, name } = this.#parts;
    const isMeant = error instanceof OctofleetError || isPassing(error) || (error as Error).name === "AbortError";
    // Retries are invisible, and so are the ids that they are made under.
    const isOfRetry = error instanceof OctofleetError && error.message.includes("Idempotency-Key");
    if (isMeant && !isOfRetry) records.tell(name, () => `is told that it failed: ${told(error)}`);
    else records.mishap("client library", `${name} was told: ${told(error)}`);
  }
}

const told = (error: unknown): string => (error instanceof Error ? `${error.name}: ${error.message}` : String(error));
