import type { Clock } from "../../shared/ports/clock.js";
import { lockKey } from "../../shared/protocol/keys.js";
import type { LockStatus } from "../../shared/protocol/session/status.js";
import { Recorder } from "../check/history.js";
import { Instants } from "../check/instants.js";
import type { LockCall, LockOperation, LockResult } from "../check/lock-operation.js";
import { ttlAcquire } from "../clients/ttl-command.js";

/** Histories are held in memory and sent to the judge: beyond this, reads go unrecorded. Writes never do. */
const READS_MAX = 50_000;
/** Contents differ in their first characters. */
const CONTENTS_KEPT = 24;
const SECOND_MS = 1_000;

interface Grant {
  readonly leaseId: string;
  readonly fencingToken: number;
}

/** Writes down what clients ask of locks and are told, for the validators of the promises. */
export class Witness {
  readonly #recorder: Recorder<LockCall, LockResult>;
  readonly #process: string;
  #reads = 0;
  #calls = 0;

  constructor(clock: Clock, part: number) {
    this.#recorder = new Recorder(new Instants(clock));
    this.#process = `driver ${part + 1}`;
  }

  async read(name: string, ask: () => Promise<LockStatus>): Promise<void> {
    this.#reads += 1;
    if (this.#reads > READS_MAX) return void (await ask());
    const pending = this.#begin(name, { kind: "read" });
    const shown = await ask().catch((error: unknown) => {
      pending.withdrawn();
      throw error;
    });
    pending.returned({ status: "read", lock: shown.status === "free" ? null : shownOf(shown) });
  }

  async acquire<G extends Grant>(
    name: string,
    holderId: string,
    ttlSeconds: number,
    metadata: string | null,
    ask: () => Promise<G>,
  ): Promise<G> {
    const command = ttlAcquire(name, { ttlMs: ttlSeconds * SECOND_MS, metadata: kept(metadata) });
    const pending = this.#begin(name, { ...command, holderId });
    const { leaseId, fencingToken, ...rest } = await ask();
    pending.returned({ status: "acquired", leaseId, fencingToken, metadata: kept(metadata) });
    return { leaseId, fencingToken, ...rest } as G;
  }

  async release(name: string, holderId: string, leaseId: string, ask: () => Promise<void>): Promise<void> {
    const pending = this.#begin(name, { kind: "release", name, leaseId, holderId });
    await ask();
    pending.returned({ status: "released" });
  }

  async setMetadata(
    name: string,
    holderId: string,
    leaseId: string,
    metadata: string,
    ask: () => Promise<void>,
  ): Promise<void> {
    const call = { kind: "setMetadata", name, leaseId, metadata: kept(metadata) } as const;
    const pending = this.#begin(name, { ...call, holderId });
    await ask();
    pending.returned({ status: "metadataSet" });
  }

  history(): LockOperation[] {
    return this.#recorder.history();
  }

  #begin(name: string, call: LockCall) {
    this.#calls += 1;
    return this.#recorder.begin(`${this.#process}, call ${this.#calls}`, lockKey(name), call);
  }
}

const kept = (metadata: string | null): string | null => metadata?.slice(0, CONTENTS_KEPT) ?? null;

const shownOf = (lock: LockStatus) => ({
  holderId: lock.holder_id as string,
  fencingToken: lock.fencing_token,
  metadata: kept(lock.metadata),
});
