import type { CellService, ReadMode, View } from "../../shared/gateway/cell-service.js";
import type { LockEntry } from "../../shared/protocol/entries.js";
import { Fault } from "../../shared/protocol/errors.js";
import { listKey, lockKey, tokenKey } from "../../shared/protocol/keys.js";
import { tokenHash } from "../../shared/protocol/tokens.js";
import type { SimProcess } from "../../shared/sim/sim-process.js";
import type { ListedLock } from "../check/list-read.js";
import type { LockResult } from "../check/lock-operation.js";
import type { Records } from "../check/records.js";
import type { Doors, SentCommand, Shown, ShownList } from "../clients/doors.js";
import { type TtlAnswer, ttlAnswerOf } from "../clients/ttl-command.js";
import type { ClientNetwork } from "./client-network.js";
import type { Host } from "./host.js";

const READ_PATIENCE_MS = 3_000;

/** The token that a user shows. */
export const secretOf = (user: string): string => `secret of ${user}`;
export const tokenOf = (user: string): string => tokenHash(secretOf(user));

/** The doors of a simulated cell, as one client reaches them over its network: as the gateway would serve them. */
export class SimDoors implements Doors {
  readonly names: readonly string[];
  readonly #network: ClientNetwork;
  readonly #hosts: ReadonlyMap<string, Host>;
  readonly #process: SimProcess;
  readonly #records: Records;

  constructor(parts: { network: ClientNetwork; hosts: readonly Host[]; process: SimProcess; records: Records }) {
    this.#network = parts.network;
    this.#records = parts.records;
    this.#process = parts.process;
    this.#hosts = new Map(parts.hosts.map((host) => [host.name, host]));
    this.names = [...this.#hosts.keys()];
  }

  async read(door: string, user: string, lock: string, mode: ReadMode): Promise<Shown> {
    const view = await this.#view(door, user, lockKey(lock), mode);
    const { source, entries } = view;
    return { allowed: entries[0]?.value != null, stale: source === "stale", source, result: shownBy(view) };
  }

  async list(door: string, user: string, prefix: string, mode: ReadMode): Promise<ShownList> {
    const { source, entries } = await this.#view(door, user, listKey(prefix), mode);
    const list = entries[1]?.value;
    const locks = list?.kind === "list" ? list.locks.map(listed) : [];
    return { allowed: entries[0]?.value != null, source, locks };
  }

  async execute(door: string, { user, operationId, command }: SentCommand, timeoutMs: number): Promise<TtlAnswer> {
    const write = { command, tokenHash: tokenOf(user), operationId };
    return ttlAnswerOf(await this.#ask(door, timeoutMs, (service) => service.execute(write)));
  }

  async #ask<T>(door: string, timeoutMs: number, act: (service: CellService) => Promise<T>): Promise<T> {
    try {
      return await this.#network.ask(this.#host(door), this.#process, timeoutMs, act);
    } catch (error) {
      this.#heed(door, error);
      throw error;
    }
  }

  /** Who is answered what only gateways understand is not told when to come again. */
  #heed(door: string, error: unknown): void {
    if (!(error instanceof Fault) || error.code !== "epoch_changed") return;
    this.#records.mishap("P12 shed", `${this.#process.name} was told at ${door}: ${error.message} (${error.code})`);
  }

  /** The reader's token, and what is under the key. */
  #view(door: string, user: string, key: string, mode: ReadMode): Promise<View> {
    const keys = [tokenKey(tokenOf(user)), key];
    const isPlain = mode.bypass !== true && mode.maxStaleMs === undefined;
    return this.#ask(door, READ_PATIENCE_MS, async (service) => {
      const hit = isPlain ? service.readCached(keys) : undefined;
      return hit ?? (await service.read(keys, mode));
    });
  }

  #host(name: string): Host {
    const host = this.#hosts.get(name);
    if (host === undefined) throw new Error(`There is no door ${name}.`);
    return host;
  }
}

function listed({ name, holderId, fencingToken, metadata }: LockEntry): ListedLock {
  return { name, holderId, fencingToken, metadata };
}

function shownBy(view: View): LockResult {
  const value = view.entries[1]?.value;
  if (value?.kind !== "lock") return { status: "read", lock: null };
  const { holderId, fencingToken, metadata, expiresAtWallMs } = value;
  return { status: "read", lock: { holderId, fencingToken, metadata, expiresAtWallMs } };
}
