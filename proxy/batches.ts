import type { Clock, Timer } from "../shared/ports/clock.js";
import type { MasterLink } from "../shared/ports/link.js";
import type { Answer } from "../shared/protocol/commands.js";
import { Fault, faultOf } from "../shared/protocol/errors.js";
import { faultFrom } from "../shared/protocol/fault-body.js";
import type { LinkWrite, WriteResult } from "../shared/protocol/link.js";
import type { ProxyLease } from "./lease.js";

const WRITES_MAX = 256;
/** While so many calls are under way, writes gather for the next one, but no longer than this. */
const CALLS_AT_ONCE = 4;
const GATHERED_MS = 5;

export interface Decision {
  readonly answer: Answer;
  /** Of the write's session to this proxy; null where the proxy does not hold it. */
  readonly attachment: number | null;
}

interface Waiting {
  readonly write: LinkWrite;
  readonly resolve: (decision: Decision) => void;
  readonly reject: (fault: Fault) => void;
}

export interface BatchParts {
  readonly clock: Clock;
  readonly link: MasterLink;
  readonly lease: ProxyLease;
  readonly onSent: (writes: number) => void;
  /** A write is sent once more, since it waits for proxies. */
  readonly onHeldUp: () => void;
}

/**
 * Writes that come in one turn travel in one call; and where the master has a few calls of ours to answer already,
 * those that come until then: so the more there are the less each costs, as with a group commit. Each is settled by
 * itself: one that waits for slow proxies is held up, and is sent again alone under its operation id, so that the
 * others of its call do not wait with it (P7).
 */
export class Batches {
  readonly #parts: BatchParts;
  #batch: Waiting[] = [];
  #underWay = 0;
  #gathering: Timer | undefined;

  constructor(parts: BatchParts) {
    this.#parts = parts;
  }

  /** Has a write decided. Rejects with a `Fault`, and does not try again. */
  send(write: LinkWrite): Promise<Decision> {
    return new Promise((resolve, reject) => {
      this.#batch.push({ write, resolve, reject });
      if (this.#batch.length >= WRITES_MAX) this.#sendBatch();
      else if (this.#batch.length === 1) this.#sendSoon();
    });
  }

  #sendSoon(): void {
    const { clock } = this.#parts;
    if (this.#underWay < CALLS_AT_ONCE) clock.afterTurn(() => this.#sendBatch());
    else this.#gathering = clock.after(GATHERED_MS, () => this.#sendBatch());
  }

  #sendBatch(): void {
    this.#gathering?.cancel();
    const batch = this.#batch;
    this.#batch = [];
    if (batch.length === 0) return;
    this.#underWay += 1;
    void this.#ask(batch).then(() => {
      this.#underWay -= 1;
      this.#sendBatch();
    });
  }

  async #ask(batch: readonly Waiting[]): Promise<void> {
    try {
      const results = await this.#execute(batch.map(({ write }) => write));
      for (const [index, waiting] of batch.entries()) this.#settle(waiting, results[index] as WriteResult);
    } catch (error) {
      for (const { reject } of batch) reject(faultOf(error));
    }
  }

  #settle(waiting: Waiting, result: WriteResult): void {
    if (result.status === "decided") waiting.resolve(result);
    else if (result.status === "heldUp") this.#sendAgain(waiting);
    else waiting.reject(faultFrom(result.fault));
  }

  #sendAgain(waiting: Waiting): void {
    this.#parts.onHeldUp();
    void this.#ask([waiting]);
  }

  async #execute(writes: LinkWrite[]): Promise<readonly WriteResult[]> {
    const { link, lease, onSent } = this.#parts;
    const epoch = lease.lastEpoch;
    if (epoch === undefined) throw new Fault("upstream_unavailable", "This proxy has not reached the master yet.");
    onSent(writes.length);
    try {
      const { results } = await link.execute({ epoch, proxyId: lease.running()?.proxyId ?? null, writes });
      return results;
    } catch (error) {
      const fault = faultOf(error);
      if (fault.code === "epoch_changed") lease.reregister(epoch);
      throw fault;
    }
  }
}
