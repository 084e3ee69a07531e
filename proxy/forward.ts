import type { Write } from "../shared/gateway/cell-service.js";
import type { Clock } from "../shared/ports/clock.js";
import type { Random } from "../shared/ports/random.js";
import { Fault, faultOf } from "../shared/protocol/errors.js";
import type { Batches, Decision } from "./batches.js";
import type { ProxyLease } from "./lease.js";

/** How long a proxy tries to have a write decided before it tells its client that it does not know. */
const GIVE_UP_AFTER_MS = 15_000;
const RETRY_MS = 100;
const RETRY_MS_MAX = 1_000;

export interface ForwarderParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly lease: ProxyLease;
  readonly batches: Batches;
  readonly onRetry: () => void;
}

/**
 * Hands writes on to the master, under an operation id each: so a call whose answer was lost is simply sent
 * again, and takes effect once (P5).
 */
export class Forwarder {
  readonly #parts: ForwarderParts;

  constructor(parts: ForwarderParts) {
    this.#parts = parts;
  }

  async execute(write: Write): Promise<Decision> {
    const { clock, random, onRetry } = this.#parts;
    const operationId = write.operationId ?? random.uuid();
    const giveUpAtMs = clock.monotonicMs() + GIVE_UP_AFTER_MS;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#send(write, operationId);
      } catch (error) {
        const fault = faultOf(error);
        const waitMs = this.#waitMs(fault, attempt);
        if (waitMs === undefined) throw fault;
        if (clock.monotonicMs() + waitMs >= giveUpAtMs) throw unknownOutcome(fault);
        await this.#pause(fault, waitMs);
        onRetry();
      }
    }
  }

  /** What attaches a session must say to whom, so it waits for a lease. */
  async #send({ command, tokenHash, session }: Write, operationId: string): Promise<Decision> {
    const { lease, batches } = this.#parts;
    if (session !== undefined && lease.running() === undefined) {
      throw new Fault("lease_expired", "This proxy waits for a new lease from the master.");
    }
    return batches.send({ operationId, tokenHash, command, ...(session !== undefined && { session }) });
  }

  /** How long to wait before the next attempt; undefined if another would be of no use. */
  #waitMs({ code }: Fault, attempt: number): number | undefined {
    if (!RETRIED.has(code)) return undefined;
    return Math.min(RETRY_MS_MAX, RETRY_MS * 2 ** (attempt - 1)) * (0.5 + this.#parts.random.fraction());
  }

  #pause({ code }: Fault, waitMs: number): Promise<void> {
    const { clock, lease } = this.#parts;
    // The master may know better than this proxy that the lease is over.
    if (code === "lease_expired" && lease.running() !== undefined) lease.renewNow();
    if (code === "epoch_changed" || code === "lease_expired") return lease.registration(waitMs);
    return new Promise((resolve) => {
      clock.after(waitMs, resolve);
    });
  }
}

const RETRIED: ReadonlySet<Fault["code"]> = new Set([
  "upstream_unavailable",
  "epoch_changed",
  "lease_expired",
  "shutting_down",
]);

const unknownOutcome = (fault: Fault): Fault =>
  new Fault(
    "upstream_unavailable",
    `The master did not answer in time (${fault.message}) Whether this write took effect is not known: ` +
      "send it again with the same Idempotency-Key, or read the lock.",
    { retryAfterMs: RETRY_MS_MAX },
  );
