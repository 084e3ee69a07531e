import { OctofleetError } from "../base/error.js";
import { TIMING } from "../base/timing.js";
import type { Connection } from "../link/connection.js";
import type { Timer } from "../ports/clock.js";
import type { Platform } from "../ports/platform.js";
import type { Grant, Lease, Sending } from "./lease.js";

/** The shortest and longest time after which a KeepAlive without reply makes a gateway suspect. */
const REPLY_MS = { least: 1_000, most: TIMING.silenceMs };

export interface KeepAlivesParts {
  readonly platform: Platform;
  readonly lease: Lease;
  readonly connection: Connection;
  readonly sessionId: string;
  /** As it was granted here. */
  readonly leaseMs: number;
  readonly onKept: (sent: Sending, grant: Grant) => void;
  /** The gateway may not answer just now. */
  readonly onPutOff: () => void;
  /** The gateway does not have the session. */
  readonly onDoubt: () => void;
}

/** Keeps a session alive where it is attached, until it is stopped: a KeepAlive every third of the lease. */
export class KeepAlives {
  readonly #parts: KeepAlivesParts;
  #timer: Timer | undefined;
  #stopped = false;

  /** `sent`: when the lease that runs now was asked for. */
  constructor(parts: KeepAlivesParts, sent: Sending) {
    this.#parts = parts;
    this.#nextAfter(sent);
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  #nextAfter({ monotonicMs }: Sending): void {
    const { platform, leaseMs } = this.#parts;
    this.#nextIn(Math.max(0, monotonicMs + leaseMs / 3 - platform.clock.monotonicMs()));
  }

  #nextIn(delayMs: number): void {
    this.#timer?.cancel();
    this.#timer = this.#parts.platform.clock.after(delayMs, () => this.#send());
  }

  #send(): void {
    const { lease, connection, sessionId, leaseMs, onKept } = this.#parts;
    const sent = lease.sending();
    connection.ask("keepAlive", { sessionId }, (reply, error) => {
      if (this.#stopped) return;
      if (reply === undefined) this.#failed(error);
      else onKept(sent, { leaseMs: reply.leaseMs, attachment: reply.attachment ?? null });
    });
    connection.expectReply(Math.min(Math.max(leaseMs / 6, REPLY_MS.least), REPLY_MS.most));
    this.#nextAfter(sent);
  }

  #failed(error: Error | undefined): void {
    if (!(error instanceof OctofleetError)) return; // the next one is on its way
    const { platform, leaseMs, onPutOff, onDoubt } = this.#parts;
    if (error.retry !== "later") {
      onDoubt();
      return;
    }
    const retryMs = (error.retryAfterMs ?? TIMING.backoffFirstMs) + TIMING.backoffFirstMs * platform.random.fraction();
    this.#nextIn(Math.min(retryMs, leaseMs / 3));
    onPutOff();
  }
}
