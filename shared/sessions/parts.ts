import type { Clock } from "../ports/clock.js";
import type { Random } from "../ports/random.js";
import type { Answer, AttachedSession, Command, SessionRef } from "../protocol/commands.js";
import type { Entry } from "../protocol/entries.js";

/** A write of a session. It may be sent any number of times, and takes effect once (P5). */
export interface SessionWrite {
  readonly command: Command;
  readonly tokenHash: string;
  readonly session: SessionRef;
  readonly operationId: string;
}

/** What was decided, and under which number the session is attached here; null where it is not. */
export interface SessionOutcome {
  readonly answer: Answer;
  readonly attachment: number | null;
}

/** What the sessions of a gateway need of the process around them. */
export interface SessionsParts {
  readonly clock: Clock;
  readonly random: Random;
  /** Whether the gateway's own lease runs in this very turn. Always, at the master. */
  readonly mayKeepAlive: () => boolean;
  /** Has it decided, retrying for some time. Rejects with a `Fault`; `upstream_unavailable`: the outcome is unknown. */
  readonly execute: (write: SessionWrite) => Promise<SessionOutcome>;
  /** The entries as the master has them in one instant after now, never from a cache. Rejects with a `Fault`. */
  readonly read: (keys: readonly string[]) => Promise<readonly Entry[]>;
  /**
   * An anchored session ended here, by silence or because its close could not be told: the master is to end it
   * (`endSession`). Called once; whoever takes it repeats it until the master has it.
   */
  readonly ended: (session: AttachedSession) => void;
  /** How many ends one report takes; `ENDS_REPORTED_MAX` if left out. */
  readonly endsReportedMax?: number | undefined;
}
