import type { Write } from "../shared/gateway/cell-service.js";
import type { Clock } from "../shared/ports/clock.js";
import type { MasterLink } from "../shared/ports/link.js";
import type { Random } from "../shared/ports/random.js";
import type { Answer } from "../shared/protocol/commands.js";
import { Fault, faultOf } from "../shared/protocol/errors.js";
import type { ProxyLease } from "./lease.js";

/** How long a proxy tries to have a write decided before it tells its client that it does not know. */
const GIVE_UP_AFTER_MS = 15_000;
const RETRY_MS = 100;
const RETRY_MS_MAX = 1_000;

/**
 * Hands writes on to the master, under an operation id each: so a call whose answer was lost is simply sent
 * again, and takes effect once (P5).
 */
export class Forwarder {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #link: MasterLink;
  readonly #lease: ProxyLease;
  readonly #onRetry: () => void;

  constructor(parts: { clock: Clock; random: Random; link: MasterLink; lease: ProxyLease; onRetry: () => void }) {
    this.#clock = parts.clock;
    this.#random = parts.random;
    this.#link = parts.link;
    this.#lease = parts.lease;
    this.#onRetry = parts.onRetry;
  }

  async execute(write: Write): Promise<Answer> {
    const operationId = write.operationId ?? this.#random.uuid();
    const giveUpAtMs = this.#clock.monotonicMs() + GIVE_UP_AFTER_MS;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#send(write, operationId);
      } catch (error) {
        const fault = faultOf(error);
        const waitMs = this.#waitMs(fault, attempt);
        if (waitMs === undefined) throw fault;
        if (this.#clock.monotonicMs() + waitMs >= giveUpAtMs) throw unknownOutcome(fault);
        await this.#pause(fault, waitMs);
        this.#onRetry();
      }
    }
  }

  async #send({ command, tokenHash }: Write, operationId: string): Promise<Answer> {
    const epoch = this.#lease.lastEpoch;
    if (epoch === undefined) throw new Fault("upstream_unavailable", "This proxy has not reached the master yet.");
    try {
      const { answer } = await this.#link.execute({ epoch, operationId, tokenHash, command });
      return answer;
    } catch (error) {
      const fault = faultOf(error);
      if (fault.code === "epoch_changed") this.#lease.reregister(epoch);
      throw fault;
    }
  }

  /** How long to wait before the next attempt; undefined if another would be of no use. */
  #waitMs({ code }: Fault, attempt: number): number | undefined {
    if (code !== "upstream_unavailable" && code !== "epoch_changed" && code !== "shutting_down") return undefined;
    return Math.min(RETRY_MS_MAX, RETRY_MS * 2 ** (attempt - 1)) * (0.5 + this.#random.fraction());
  }

  #pause({ code }: Fault, waitMs: number): Promise<void> {
    if (code === "epoch_changed") return this.#lease.registration(waitMs);
    return new Promise((resolve) => {
      this.#clock.after(waitMs, resolve);
    });
  }
}

const unknownOutcome = (fault: Fault): Fault =>
  new Fault(
    "upstream_unavailable",
    `The master did not answer in time (${fault.message}) Whether this write took effect is not known: ` +
      "send it again with the same Idempotency-Key, or read the lock.",
    { retryAfterMs: RETRY_MS_MAX },
  );
