import type { LeaseCompanion } from "../../proxy/lease.js";
import type { AttachedSession } from "../../shared/protocol/commands.js";
import type { RegisterReply, RegisterRequest, RenewReply, RenewRequest } from "../../shared/protocol/link.js";
import { ENDS_REPORTED_MAX } from "../../shared/sessions/sessions.js";
import { machineMs } from "../bench/sessions/machine-time.js";
import type { ProxyTally } from "./proxy-tally.js";
import type { Slots } from "./slots.js";

type Registering = Pick<RegisterRequest, "sessions" | "ended">;
type Counts = Pick<ProxyTally, "registrations" | "sessionsLost" | "disagreements">;
type Renewing = Pick<RenewRequest, "sessions" | "ended" | "goneSeen">;

/** The renewal after a registration may differ by chance, and is asked nothing; the next one may not. */
const RENEWALS_TO_CONFIRM = 2;

/** What a virtual proxy says of its sessions on the calls that keep its lease, and hears of them. */
export class VirtualReport implements LeaseCompanion {
  /** On the machine's clock; null while it has not come. */
  registeredAtMs: number | null = null;
  confirmedAtMs: number | null = null;
  readonly #slots: Slots;
  readonly #tally: Counts;
  readonly #unreported = new Map<string, AttachedSession>();
  /** Sessions that are being ended elsewhere -> how to let go of them. */
  readonly #leaving = new Map<string, () => void>();
  #goneSeen = 0;
  #renewals = 0;

  constructor(slots: Slots, tally: Counts) {
    this.#slots = slots;
    this.#tally = tally;
  }

  get unreported(): number {
    return this.#unreported.size;
  }

  /** The session ended here, and the master does not know. */
  ended(session: AttachedSession): void {
    this.#unreported.set(session.sessionId, session);
  }

  /** The session is about to be ended elsewhere. What is returned says whether a round told so, and is to be asked once. */
  awaitsRound(sessionId: string, release: () => void): () => boolean {
    this.#leaving.set(sessionId, release);
    return () => !this.#leaving.delete(sessionId);
  }

  /** A round names the session. */
  round(sessionId: string): void {
    const release = this.#leaving.get(sessionId);
    this.#leaving.delete(sessionId);
    release?.();
  }

  registering(): Registering {
    this.registeredAtMs = null;
    this.confirmedAtMs = null;
    return { sessions: this.#slots.attached(), ended: this.#listed() };
  }

  registered({ ended }: Registering, { gone }: RegisterReply): void {
    this.registeredAtMs = machineMs();
    this.#tally.registrations += 1;
    this.#tally.sessionsLost += gone.length;
    this.#goneSeen = 0;
    this.#renewals = 0;
    this.#reported(ended);
  }

  renewing(): Renewing {
    return { ended: this.#listed(), sessions: this.#slots.digest(), goneSeen: this.#goneSeen };
  }

  renewed({ ended }: Renewing, { gone, wants }: RenewReply): boolean {
    this.#reported(ended);
    for (const { sequence } of gone) this.#goneSeen = Math.max(this.#goneSeen, sequence);
    this.#tally.sessionsLost += gone.length;
    if (wants !== "digest") this.#tally.disagreements += 1;
    this.#renewals += 1;
    if (this.#renewals === RENEWALS_TO_CONFIRM && wants === "digest") this.confirmedAtMs = machineMs();
    return ended.length === ENDS_REPORTED_MAX;
  }

  #listed(): AttachedSession[] {
    return [...this.#unreported.values()].slice(0, ENDS_REPORTED_MAX);
  }

  #reported(ended: readonly AttachedSession[]): void {
    for (const { sessionId } of ended) this.#unreported.delete(sessionId);
  }
}
