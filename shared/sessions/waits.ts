import type { Clock } from "../ports/clock.js";
import type { Answer } from "../protocol/commands.js";
import type { Entry, SessionWait } from "../protocol/entries.js";
import { lockKey, sessionKey } from "../protocol/keys.js";
import type { Grant } from "../protocol/link.js";
import type { HeldSession, Wait } from "./held-session.js";

const LOOK_AGAIN_MS = 1_000;

/**
 * The places in queues that sessions held here wait in (rule S7), and the grants that end the waiting.
 *
 * A grant is an event, and the answer `waiting` takes another way: either may come first. So a place is entered before
 * its acquire is sent. A grant that finds somebody asking is told by the answer to that; any other is told to the voice;
 * and one that finds no place was told before, or is nobody's business here.
 */
export class Waits {
  readonly #clock: Clock;
  readonly #read: (keys: readonly string[]) => Promise<readonly Entry[]>;
  readonly #sessions = new Set<HeldSession>();

  constructor(parts: { clock: Clock; read: (keys: readonly string[]) => Promise<readonly Entry[]> }) {
    this.#clock = parts.clock;
    this.#read = parts.read;
  }

  /** Has an acquire decided that may have to wait. Its answer is the grant's, if that came first. */
  async asking(
    session: HeldSession,
    place: { operationId: string; name: string },
    ask: () => Promise<Answer>,
  ): Promise<Answer> {
    const { operationId, name } = place;
    const wait = session.waits?.get(operationId) ?? this.#enter(session, operationId, name);
    const { voice } = session;
    wait.asking += 1;
    let answer: Answer | undefined;
    try {
      answer = await ask();
    } finally {
      wait.asking -= 1;
      if (answer === undefined) this.#tellIfHeard(session, operationId, wait);
    }
    if (answer.status !== "waiting") {
      this.#leave(session, operationId);
      return answer;
    }
    const { grant } = wait;
    if (grant === undefined) {
      if (wait.isDoubtful) void this.#lookUp(session);
      return answer;
    }
    this.#leave(session, operationId);
    if (session.voice !== voice) tell(session, grant);
    return grant.answer;
  }

  /** The session has a voice again. */
  heard(session: HeldSession): void {
    for (const [operationId, wait] of session.waits ?? []) this.#tellIfHeard(session, operationId, wait);
  }

  /** A place was given up, or was not there. */
  cancelled(session: HeldSession, operationId: string): void {
    this.#leave(session, operationId);
  }

  granted(session: HeldSession, grant: Grant): void {
    const wait = session.waits?.get(grant.operationId);
    if (wait === undefined) return;
    wait.grant = grant;
    this.#tellIfHeard(session, grant.operationId, wait);
  }

  /** A resumed session's places are these, and those that are being asked for. */
  resumed(session: HeldSession, waits: readonly SessionWait[]): void {
    const listed = new Set(waits.map(({ operationId }) => operationId));
    for (const [operationId, wait] of session.waits ?? []) {
      if (wait.asking === 0 && !listed.has(operationId)) this.#leave(session, operationId);
    }
    for (const { operationId, name } of waits) {
      if (session.waits?.has(operationId) !== true) this.#enter(session, operationId, name);
    }
  }

  forget(session: HeldSession): void {
    this.#sessions.delete(session);
    session.waits = undefined;
  }

  /** Grants may have been missed: what became of each place is looked up. */
  lost(): void {
    for (const session of this.#sessions) void this.#lookUp(session);
  }

  /** Tells of a grant, unless somebody is asking or nobody listens. */
  #tellIfHeard(session: HeldSession, operationId: string, { grant, asking }: Wait): void {
    if (grant === undefined || asking > 0 || session.voice === undefined) return;
    this.#leave(session, operationId);
    tell(session, grant);
  }

  #enter(session: HeldSession, operationId: string, name: string): Wait {
    const wait: Wait = { name, asking: 0, grant: undefined, isDoubtful: false };
    session.waits ??= new Map();
    session.waits.set(operationId, wait);
    this.#sessions.add(session);
    return wait;
  }

  #leave(session: HeldSession, operationId: string): void {
    session.waits?.delete(operationId);
    if (session.waits?.size === 0) this.forget(session);
  }

  /** What is being asked for may not have its place yet, so only its answer can be held against what is found. */
  async #lookUp(session: HeldSession): Promise<void> {
    const all = [...(session.waits ?? [])];
    for (const [, wait] of all) wait.isDoubtful = wait.asking > 0;
    const places = all.filter(([, wait]) => !wait.isDoubtful);
    if (places.length === 0) return;
    const names = [...new Set(places.map(([, { name }]) => name))];
    let entries: readonly Entry[];
    try {
      entries = await this.#read([sessionKey(session.sessionId), ...names.map(lockKey)]);
    } catch {
      if (session.waits !== undefined) this.#clock.after(LOOK_AGAIN_MS, () => void this.#lookUp(session));
      return;
    }
    for (const [operationId, wait] of places) this.#compare(session, operationId, wait, entries);
  }

  /** Tells of a grant that the entries show, and forgets a place that they do not show any more. */
  #compare(session: HeldSession, operationId: string, wait: Wait, entries: readonly Entry[]): void {
    const known = entries[0]?.value;
    if (known?.kind !== "session" || wait.asking > 0) return;
    if (known.waits.some((place) => place.operationId === operationId)) return;
    const held = known.locks.find(({ name }) => name === wait.name);
    if (held === undefined) {
      this.#leave(session, operationId);
      return;
    }
    const { leaseId, fencingToken, name } = held;
    const lock = entries.find(({ key }) => key === lockKey(name))?.value;
    const metadata = lock?.kind === "lock" ? lock.metadata : null;
    const answer = { status: "acquired", leaseId, fencingToken, expiresAtWallMs: null, renewAfterMs: null } as const;
    this.granted(session, { sessionId: session.sessionId, operationId, name, answer: { ...answer, metadata } });
  }
}

const tell = (session: HeldSession, grant: Grant): void => {
  if (session.attachment !== null) session.voice?.listener.onGrant(grant, session.attachment);
};
