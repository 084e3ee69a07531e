import type { ReadMode, View } from "../../shared/gateway/cell-service.js";
import type { Answer, Command } from "../../shared/protocol/commands.js";
import type { LockEntry } from "../../shared/protocol/entries.js";
import { Fault } from "../../shared/protocol/errors.js";
import { lockKey, tokenKey } from "../../shared/protocol/keys.js";
import { tokenHash } from "../../shared/protocol/tokens.js";
import { type TtlAcquired, ttlAcquire } from "../clients/ttl-command.js";
import { type CellOptions, SimMachines } from "./sim-machines.fixture.js";

/** A proxy's index, or the master's own door. */
type At = number | "master";

interface AcquireOptions {
  readonly ttlMs?: number;
  readonly metadata?: string;
  readonly lockDelayMs?: number;
  readonly operationId?: string;
}

type ReadOptions = ReadMode & { readonly token?: string };

/** What a read through a door shows of a lock. */
export interface LockView {
  readonly value: LockEntry | null;
  readonly revision: number;
  readonly source: View["source"];
  readonly ageMs: number;
}

/**
 * A whole cell in simulated time, as its clients use it. Tokens `alice`, `bob` and `carol` stand for the users
 * of those names. What only begins something gives its promise; what ends in `Now`, and `take`, lets time pass.
 */
export class SimCell extends SimMachines {
  /** A cell that serves: the master is ready and every proxy has its lease. */
  static async start(options: CellOptions = {}): Promise<SimCell> {
    const cell = new SimCell(options);
    await cell.startMaster();
    for (let i = 1; i <= (options.proxies ?? 2); i++) cell.addProxy(`p${i}`);
    await cell.allReady();
    return cell;
  }

  execute(at: At, token: string, command: Command, operationId?: string): Promise<Answer> {
    const write = { command, tokenHash: tokenHash(token) };
    return this.door(at).execute(operationId === undefined ? write : { ...write, operationId });
  }

  acquire(at: At, token: string, name: string, options: AcquireOptions = {}): Promise<Answer> {
    const { ttlMs = 3_600_000, operationId } = options;
    return this.execute(at, token, ttlAcquire(name, { ...options, ttlMs }), operationId);
  }

  /** Takes a lock and gives its lease. */
  async take(at: At, token: string, name: string, options: AcquireOptions = {}): Promise<TtlAcquired> {
    const answer = await this.settle(this.acquire(at, token, name, options));
    if (answer.status !== "acquired") throw new Error(`${token} did not get ${name}: ${JSON.stringify(answer)}`);
    return answer as TtlAcquired;
  }

  setMetadata(
    at: At,
    token: string,
    name: string,
    { leaseId }: Pick<TtlAcquired, "leaseId">,
    metadata: string,
  ): Promise<Answer> {
    return this.execute(at, token, { kind: "setMetadata", name, leaseId, metadata });
  }

  renew(
    at: At,
    token: string,
    name: string,
    { leaseId }: Pick<TtlAcquired, "leaseId">,
    ttlMs: number,
  ): Promise<Answer> {
    return this.execute(at, token, { kind: "renew", name, leaseId, ttlMs });
  }

  release(at: At, token: string, name: string, { leaseId }: Pick<TtlAcquired, "leaseId">): Promise<Answer> {
    return this.execute(at, token, { kind: "release", name, leaseId });
  }

  /** A read as the gateway makes it: token and lock of one instant. */
  async read(at: At, name: string, { token = "alice", ...mode }: ReadOptions = {}): Promise<LockView> {
    const keys = [tokenKey(tokenHash(token)), lockKey(name)];
    const door = this.door(at);
    const isPlain = mode.bypass === undefined && mode.maxStaleMs === undefined;
    const view = (isPlain ? door.readCached(keys) : undefined) ?? (await door.read(keys, mode));
    const [tokenEntry, lockEntry] = view.entries;
    if (tokenEntry?.value == null) throw new Fault("authentication_failed", "Authentication failed");
    const value = (lockEntry?.value ?? null) as LockEntry | null;
    return { value, revision: lockEntry?.revision ?? -1, source: view.source, ageMs: view.ageMs };
  }

  readNow(at: At, name: string, options: ReadOptions = {}): Promise<LockView> {
    return this.settle(this.read(at, name, options));
  }

  /** The master's state in this very turn; undefined if an expiry has to go first. */
  inForce(name: string): LockEntry | null | undefined {
    const view = this.door("master").readCached([lockKey(name)]);
    return view === undefined ? undefined : ((view.entries[0]?.value ?? null) as LockEntry | null);
  }

  /** What a proxy's cache answers in this very turn; undefined if it is no hit. */
  cached(at: number, name: string, token = "alice"): LockEntry | null | undefined {
    const view = this.door(at).readCached([tokenKey(tokenHash(token)), lockKey(name)]);
    return view === undefined ? undefined : ((view.entries[1]?.value ?? null) as LockEntry | null);
  }
}
