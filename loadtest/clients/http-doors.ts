import { Pool } from "undici";
import type { ReadMode } from "../../shared/gateway/cell-service.js";
import type { LockStatus } from "../../shared/protocol/session/status.js";
import type { SimRandom } from "../../shared/sim/sim-random.js";
import type { ListedLock } from "../check/list-read.js";
import type { LockResult } from "../check/lock-operation.js";
import type { Doors, SentCommand, Shown, ShownList } from "./doors.js";
import { answerFrom, Undecided } from "./http-answers.js";
import type { TtlAnswer, TtlCommand } from "./ttl-command.js";

const READ_PATIENCE_MS = 1_000;
const CONNECTIONS = 32;
const CONDITIONAL_RATIO = 0.5;

const WAYS = {
  acquire: ["POST", "acquire"],
  renew: ["POST", "renew"],
  release: ["POST", "release"],
  setMetadata: ["PUT", "metadata"],
} as const satisfies Record<TtlCommand["kind"], readonly [string, string]>;

/** What a reader remembers of a lock: the tag of an answer, and what it showed. */
interface Remembered {
  readonly tag: string;
  readonly result: LockResult;
}

export interface HttpDoorsParts {
  /** Name of each door, and its URL. */
  readonly urls: Readonly<Record<string, string>>;
  readonly tokenOf: (user: string) => string;
  readonly random: SimRandom;
  /** A request was sent, and nothing came that says what became of it. */
  readonly onSilence: (kind: TtlCommand["kind"] | "read") => void;
}

/** The doors of a cell of processes, as one client reaches them over HTTP. Half of its reads are conditional. */
export class HttpDoors implements Doors {
  readonly names: readonly string[];
  readonly #parts: HttpDoorsParts;
  readonly #pools: ReadonlyMap<string, Pool>;
  readonly #remembered = new Map<string, Remembered>();

  constructor(parts: HttpDoorsParts) {
    this.#parts = parts;
    const options = { connections: CONNECTIONS, headersTimeout: 0, bodyTimeout: 0 };
    this.#pools = new Map(Object.entries(parts.urls).map(([name, url]) => [name, new Pool(url, options)]));
    this.names = [...this.#pools.keys()];
  }

  async read(door: string, user: string, lock: string, mode: ReadMode): Promise<Shown> {
    const { tokenOf, random, onSilence } = this.#parts;
    const known = random.chance(CONDITIONAL_RATIO) ? this.#remembered.get(lock) : undefined;
    try {
      const { statusCode, headers, body } = await this.#pool(door).request({
        method: "GET",
        path: `/locks/${lock}`,
        headers: {
          authorization: `Bearer ${tokenOf(user)}`,
          ...cacheControl(mode),
          ...(known && { "if-none-match": known.tag }),
        },
        signal: AbortSignal.timeout(READ_PATIENCE_MS),
      });
      const text = await body.text();
      const source = String(headers["x-cache"]);
      const shown = { allowed: true, stale: source === "stale", source };
      if (statusCode === 304 && known !== undefined) return { ...shown, result: known.result };
      // The permissions in an answer that was asked for as stale may be as old as it is.
      if (statusCode === 401) return { ...REFUSED, stale: mode.maxStaleMs !== undefined };
      if (statusCode !== 200) throw new Undecided(`answered ${statusCode}`);
      const result = shownBy(text);
      this.#remembered.set(lock, { tag: String(headers.etag), result });
      return { ...shown, result };
    } catch (error) {
      onSilence("read");
      throw error;
    }
  }

  async list(door: string, user: string, prefix: string, mode: ReadMode): Promise<ShownList> {
    const { tokenOf, onSilence } = this.#parts;
    try {
      const { statusCode, headers, body } = await this.#pool(door).request({
        method: "GET",
        path: `/locks?prefix=${encodeURIComponent(prefix)}`,
        headers: { authorization: `Bearer ${tokenOf(user)}`, ...cacheControl(mode) },
        signal: AbortSignal.timeout(READ_PATIENCE_MS),
      });
      const text = await body.text();
      if (statusCode === 401) return { allowed: false, source: "refused", locks: [] };
      if (statusCode !== 200) throw new Undecided(`answered ${statusCode}`);
      return { allowed: true, source: String(headers["x-cache"]), locks: listedBy(text) };
    } catch (error) {
      onSilence("read");
      throw error;
    }
  }

  async execute(door: string, { user, operationId, command }: SentCommand, timeoutMs: number): Promise<TtlAnswer> {
    const { tokenOf, onSilence } = this.#parts;
    const [method, verb] = WAYS[command.kind];
    try {
      const { statusCode, body } = await this.#pool(door).request({
        method,
        path: `/locks/${command.name}/${verb}`,
        headers: {
          authorization: `Bearer ${tokenOf(user)}`,
          "content-type": "application/json",
          "idempotency-key": operationId,
        },
        body: JSON.stringify(bodyOf(command)),
        signal: AbortSignal.timeout(Math.ceil(timeoutMs)),
      });
      return answerFrom(command.kind, statusCode, await body.text());
    } catch (error) {
      onSilence(command.kind);
      throw error;
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.destroy()));
  }

  #pool(door: string): Pool {
    const pool = this.#pools.get(door);
    if (pool === undefined) throw new Error(`There is no door ${door}.`);
    return pool;
  }
}

const REFUSED = { allowed: false, source: "refused", result: { status: "read", lock: null } } as const;

function cacheControl({ bypass, maxStaleMs }: ReadMode): Record<string, string> {
  if (bypass === true) return { "cache-control": "no-cache" };
  return maxStaleMs === undefined ? {} : { "cache-control": `max-stale=${maxStaleMs / 1_000}` };
}

function shownBy(text: string): LockResult {
  const { status, holder_id: holderId, fencing_token: fencingToken, metadata } = JSON.parse(text);
  return { status: "read", lock: status === "held" ? { holderId, fencingToken, metadata } : null };
}

function listedBy(text: string): ListedLock[] {
  const { locks } = JSON.parse(text) as { readonly locks: readonly LockStatus[] };
  return locks.map(({ name, holder_id: holderId, fencing_token: fencingToken, metadata }) => {
    if (holderId === null) throw new Undecided(`listed ${name}, which nobody holds`);
    return { name, holderId, fencingToken, metadata };
  });
}

function bodyOf(command: TtlCommand): object {
  switch (command.kind) {
    case "acquire": {
      const { ttlMs, lockDelayMs, metadata } = command;
      return { ttl_seconds: ttlMs / 1_000, lock_delay_seconds: lockDelayMs / 1_000, metadata };
    }
    case "renew":
      return { lease_id: command.leaseId, ttl_seconds: command.ttlMs / 1_000 };
    case "release":
      return { lease_id: command.leaseId };
    case "setMetadata":
      return { lease_id: command.leaseId, metadata: command.metadata };
  }
}
