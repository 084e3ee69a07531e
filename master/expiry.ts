import type { Clock, Timer } from "../shared/ports/clock.js";
import { parseKey } from "../shared/protocol/keys.js";
import type { Ground } from "./cell/ground.js";
import type { CellTime } from "./cell-time.js";
import type { Submitted, Writes } from "./coherence/writes.js";

/**
 * Runs the expiry commands: one timer for each lock that has an end, and for each lock delay. A lock without a TTL ends
 * with its session; the end of a lock delay may be a grant to whoever waits.
 *
 * Nobody else judges an `expires_at` (rule T1). A timer may be late, so one that is due goes before any
 * read or command of its lock.
 */
export class Expiry {
  readonly #clock: Clock;
  readonly #time: CellTime;
  readonly #ground: Ground;
  readonly #writes: Writes;
  readonly #timers = new Map<string, Timer>();
  readonly #underWay = new Map<string, Submitted>();
  #stopped = false;

  constructor(parts: { clock: Clock; time: CellTime; ground: Ground; writes: Writes }) {
    this.#clock = parts.clock;
    this.#time = parts.time;
    this.#ground = parts.ground;
    this.#writes = parts.writes;
    for (const name of [...this.#ground.locks.keys(), ...this.#ground.coolings.keys()]) this.watch(name);
  }

  /** The lock or its delay changed: sets its timer anew. */
  watch(name: string): void {
    this.#timers.get(name)?.cancel();
    this.#timers.delete(name);
    const dueMs = this.#dueMs(name);
    if (dueMs === undefined || this.#stopped) return;
    const leftMs = Math.max(0, dueMs - this.#time.nowMs());
    this.#timers.set(
      name,
      this.#clock.after(leftMs, () => {
        if (!this.#expireIfDue(name)) this.watch(name);
      }),
    );
  }

  /**
   * Lets what is due go before a read of these keys. Undefined if nothing is; else a promise to wait for:
   * until it is done, or held up by proxies, in which case the old entry is still the true one.
   */
  beforeRead(keys: readonly string[]): Promise<unknown> | undefined {
    const due = keys.flatMap((key) => this.#dueUnder(key));
    return due.length === 0 ? undefined : Promise.all(due.map(({ answerOrHeldUp }) => answerOrHeldUp));
  }

  /** Lets an expiry that is due take its place in the queue before a command of the lock. */
  beforeCommand(name: string): void {
    this.#expireIfDue(name);
  }

  /** Sets no timer any more: what falls due from now on is for the next master. */
  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }

  #dueUnder(key: string): Submitted[] {
    const parsed = parseKey(key);
    if (parsed?.kind === "lock") return [this.#expireIfDue(parsed.rest)].filter((one) => one !== undefined);
    if (parsed?.kind !== "list") return [];
    const names = [...this.#ground.locks.keys()].filter((name) => name.startsWith(parsed.rest));
    return names.map((name) => this.#expireIfDue(name)).filter((one) => one !== undefined);
  }

  #expireIfDue(name: string): Submitted | undefined {
    const dueMs = this.#dueMs(name);
    if (dueMs === undefined || dueMs > this.#time.nowMs()) return undefined;
    const known = this.#underWay.get(name);
    if (known !== undefined) return known;
    const submitted = this.#writes.submit({ command: { kind: "expire", name } });
    this.#underWay.set(name, submitted);
    const done = (): void => {
      this.#underWay.delete(name);
      this.watch(name);
    };
    // A failed journal stops the master; nobody here has anything to add to that.
    submitted.answer.then(done, () => {});
    return submitted;
  }

  #dueMs(name: string): number | undefined {
    const lock = this.#ground.locks.get(name);
    return lock === undefined ? this.#ground.coolings.get(name)?.untilMs : (lock.expiresAtMs ?? undefined);
  }
}
