import type { SessionLock, SessionWait } from "../../shared/protocol/entries.js";
import { isPassing, OctofleetError } from "../base/error.js";
import { Backoff } from "../link/backoff.js";
import type { Connection } from "../link/connection.js";
import type { Timer } from "../ports/clock.js";
import type { Platform } from "../ports/platform.js";
import type { Grant, Lease, Sending } from "./lease.js";

/** Who a session is to the cell. */
export interface Identity {
  readonly sessionId: string;
  readonly resumeSecret: string;
  /** Whether a write was sent under it: from then on the cell may have anchored it. */
  wrote: boolean;
}

/** What the cell said to an opened or resumed session. */
export interface Attached extends Grant {
  readonly identity: Identity;
  readonly sent: Sending;
  readonly locks: readonly SessionLock[];
  readonly waits: readonly SessionWait[];
}

export interface AttachingParts {
  readonly platform: Platform;
  readonly lease: Lease;
  readonly connection: Connection;
  /** What there is to resume. */
  readonly identity: Identity | undefined;
  /** What a new session asks for. */
  readonly leaseMs: number | undefined;
  readonly onAttached: (attached: Attached) => void;
  /** The gateway could not, and will be asked again. */
  readonly onPutOff: () => void;
  /** The cell will have nothing to do with it. */
  readonly onRefused: (error: OctofleetError) => void;
}

/** A session on its way to a connection: opened or resumed there, again and again until it is told how that ends. */
export class Attaching {
  readonly #parts: AttachingParts;
  readonly #backoff: Backoff;
  #identity: Identity | undefined;
  #timer: Timer | undefined;
  #stopped = false;

  constructor(parts: AttachingParts) {
    this.#parts = parts;
    this.#identity = parts.identity;
    this.#backoff = new Backoff(parts.platform.random);
    this.#attempt();
  }

  /** Whatever is answered from now on does not count. */
  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  #attempt(): void {
    if (this.#identity?.wrote) this.#resume(this.#identity);
    else this.#open();
  }

  #open(): void {
    const { connection, lease, leaseMs } = this.#parts;
    const sent = lease.renewed();
    connection.ask("openSession", leaseMs === undefined ? {} : { leaseMs }, (reply, error) => {
      if (reply === undefined) {
        this.#failed(error);
        return;
      }
      const { sessionId, resumeSecret } = reply;
      const identity = { sessionId, resumeSecret, wrote: false };
      this.#succeeded({ identity, sent, leaseMs: reply.leaseMs, attachment: null, locks: [], waits: [] });
    });
  }

  #resume(identity: Identity): void {
    const { connection, lease } = this.#parts;
    const sent = lease.resuming();
    const { sessionId, resumeSecret } = identity;
    connection.ask("resumeSession", { sessionId, resumeSecret }, (reply, error) => {
      if (reply === undefined) this.#failed(error);
      else this.#succeeded({ ...reply, identity, sent });
    });
  }

  #succeeded(attached: Attached): void {
    if (this.#stopped) return;
    this.stop();
    this.#parts.onAttached(attached);
  }

  #failed(error: Error | undefined): void {
    const { connection, platform, lease, onPutOff, onRefused } = this.#parts;
    if (this.#stopped || connection.isOver) return;
    if (isPassing(error)) {
      const hintMs = error instanceof OctofleetError ? error.retryAfterMs : 0;
      this.#timer = platform.clock.after(this.#backoff.nextMs(hintMs), () => this.#attempt());
      onPutOff();
    } else if (isGone(error) && this.#identity !== undefined && lease.attachment === null) {
      this.#identity = undefined; // it was never anchored, as far as anybody was told
      this.#attempt();
    } else {
      onRefused(isGone(error) ? new OctofleetError("session_expired", error.message) : (error as OctofleetError));
    }
  }
}

const isGone = (error: unknown): error is OctofleetError =>
  error instanceof OctofleetError && (error.code === "session_expired" || error.code === "not_found");
