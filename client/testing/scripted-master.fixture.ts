import type { SimClock } from "../../shared/sim/sim-clock.js";

/** What the master of a scripted cell knows of a session. */
export interface KnownSession {
  readonly id: string;
  readonly secret: string;
  readonly leaseMs: number;
  attachment: number;
  /** The gateway that it is attached to. */
  at: string;
}

interface Wait {
  readonly sessionId: string;
  readonly operationId: string;
  readonly metadata: string | null;
}

interface HeldLock {
  readonly sessionId: string;
  readonly leaseId: string;
  readonly fencingToken: number;
  metadata: string | null;
}

export interface LoggedEvent {
  readonly revision: number;
  readonly event: string;
  readonly lock: Status;
}

export interface Status {
  readonly name: string;
  readonly [field: string]: unknown;
}

export type Reply = { readonly type: string; readonly [field: string]: unknown };

/** Listens at the master: each gateway. */
export interface MasterListener {
  onEvents(events: readonly LoggedEvent[]): void;
  onGrant(at: string, push: Reply & { sessionId: string }): void;
  onTaken(at: string, sessionId: string, attachment: number): void;
}

export const refusal = (code: string, retryAfterMs?: number): Reply => ({
  type: "error",
  code,
  details: `refused: ${code}`,
  ...(retryAfterMs !== undefined && { retryAfterMs }),
});

/**
 * The deciding half of a cell, in memory and as simple as can be: sessions with attachment numbers, locks with queues,
 * answers kept under their operation ids, and a log of what changed.
 */
export class ScriptedMaster {
  readonly clock: SimClock;
  readonly sessions = new Map<string, KnownSession>();
  readonly locks = new Map<string, HeldLock>();
  readonly log: LoggedEvent[] = [];
  readonly listeners: MasterListener[] = [];
  /** What was answered, by operation id: each was decided once. */
  readonly answers = new Map<string, Reply>();
  /** For which session. */
  readonly #askers = new Map<string, string>();
  /** Events up to here are told no more. */
  compactedTo = 0;
  revision = 100;
  resumes = 0;
  readonly #queues = new Map<string, Wait[]>();
  #tokens = 0;

  constructor(clock: SimClock) {
    this.clock = clock;
  }

  /** A write of a session that the gateway holds under `attachment`; null: it is to be anchored. */
  execute(
    from: string,
    session: { id: string; secret: string; leaseMs: number; attachment: number | null },
    request: Reply & { operationId?: string },
  ): Reply {
    const kept = this.answers.get(request.operationId ?? "");
    if (kept !== undefined)
      return this.#askers.get(request.operationId ?? "") === session.id ? kept : refusal("conflict");
    const answer = this.#decide(from, session, request);
    if (request.operationId !== undefined) {
      this.answers.set(request.operationId, answer);
      this.#askers.set(request.operationId, session.id);
    }
    return answer;
  }

  resume(from: string, id: string, secret: string): Reply {
    this.resumes += 1;
    const known = this.sessions.get(id);
    if (known === undefined || known.secret !== secret) return refusal("session_expired");
    const before = known.at;
    this.revision += 1;
    known.attachment = this.revision;
    known.at = from;
    if (before !== from) for (const each of this.listeners) each.onTaken(before, id, known.attachment);
    const locks = [...this.locks].filter(([, lock]) => lock.sessionId === id);
    const waits = [...this.#queues].flatMap(([name, queue]) =>
      queue.filter((wait) => wait.sessionId === id).map(({ operationId }) => ({ name, operationId })),
    );
    return {
      type: "sessionResumed",
      leaseMs: known.leaseMs,
      attachment: known.attachment,
      locks: locks.map(([name, { leaseId, fencingToken }]) => ({ name, leaseId, fencingToken })),
      waits,
    };
  }

  /** Ends a session, if it is still attached under this number. */
  end(id: string, attachment: number | null): void {
    const known = this.sessions.get(id);
    if (known === undefined || known.attachment !== attachment) return;
    this.sessions.delete(id);
    this.revision += 1;
    for (const queue of this.#queues.values()) {
      const at = queue.findIndex((wait) => wait.sessionId === id);
      if (at >= 0) queue.splice(at, 1);
    }
    const freed = [...this.locks].filter(([, lock]) => lock.sessionId === id).map(([name]) => name);
    for (const name of freed) this.locks.delete(name);
    this.#tell(freed.map((name) => this.#eventOf(name, "expired")));
    for (const name of freed) this.#grantNext(name);
  }

  statusOf(name: string): Status {
    const lock = this.locks.get(name);
    return {
      name,
      status: lock === undefined ? "free" : "held",
      holder_id: lock === undefined ? null : `holder of ${lock.sessionId}`,
      fencing_token: lock?.fencingToken ?? 0,
      expires_at: null,
      metadata: lock?.metadata ?? null,
    };
  }

  #decide(
    from: string,
    session: { id: string; secret: string; leaseMs: number; attachment: number | null },
    request: Reply,
  ): Reply {
    const known = this.sessions.get(session.id);
    if (known !== undefined && (known.attachment !== session.attachment || known.at !== from))
      return refusal("session_expired");
    if (known === undefined && session.attachment !== null) return refusal("session_expired");
    this.revision += 1;
    const answer = this.#apply(session.id, request);
    // What gives it nothing does not anchor it.
    if (known === undefined && (answer.type === "acquired" || answer.type === "waiting"))
      this.sessions.set(session.id, { ...session, attachment: this.revision, at: from });
    return { ...answer, attachment: this.sessions.get(session.id)?.attachment ?? null };
  }

  #apply(sessionId: string, request: Reply): Reply {
    const name = String(request.name);
    const lock = this.locks.get(name);
    switch (request.type) {
      case "acquire":
        return this.#acquire(sessionId, name, request);
      case "cancelAcquire": {
        const queue = this.#queues.get(name) ?? [];
        const at = queue.findIndex((wait) => wait.operationId === request.waitOperationId);
        if (at >= 0) queue.splice(at, 1);
        else if (lock?.sessionId === sessionId) return { type: "acquired", ...lock };
        return { type: "acquireCancelled" };
      }
      case "release":
        if (lock?.leaseId !== request.leaseId) return refusal("lease_not_current");
        this.locks.delete(name);
        this.#tell([this.#eventOf(name, "released")]);
        this.#grantNext(name);
        return { type: "released" };
      case "setMetadata":
        if (lock === undefined || lock.leaseId !== request.leaseId) return refusal("lease_not_current");
        lock.metadata = request.metadata as string | null;
        this.#tell([this.#eventOf(name, "metadata")]);
        return { type: "metadataSet" };
      default:
        return refusal("invalid_input");
    }
  }

  #acquire(sessionId: string, name: string, request: Reply): Reply {
    const lock = this.locks.get(name);
    const metadata = (request.metadata ?? null) as string | null;
    if (lock === undefined) return { type: "acquired", ...this.#grant(sessionId, name, metadata) };
    if (lock.sessionId === sessionId) return { type: "acquired", ...lock };
    if (request.wait !== true)
      return { type: "held", holderId: `holder of ${lock.sessionId}`, metadata: lock.metadata, retryAfterMs: 1_000 };
    const queue = this.#queues.get(name) ?? [];
    this.#queues.set(name, queue);
    const mine = queue.find((wait) => wait.sessionId === sessionId);
    if (mine !== undefined && mine.operationId !== request.operationId) return refusal("conflict");
    if (mine === undefined) queue.push({ sessionId, operationId: String(request.operationId), metadata });
    return { type: "waiting" };
  }

  #grant(sessionId: string, name: string, metadata: string | null): HeldLock {
    this.#tokens += 1;
    const lock = { sessionId, leaseId: `lease-${this.#tokens}`, fencingToken: this.#tokens, metadata };
    this.locks.set(name, lock);
    this.#tell([this.#eventOf(name, "acquired")]);
    return lock;
  }

  #grantNext(name: string): void {
    const next = this.#queues.get(name)?.shift();
    if (next === undefined || this.locks.has(name)) return;
    this.revision += 1;
    const lock = this.#grant(next.sessionId, name, next.metadata);
    const { attachment, at } = this.sessions.get(next.sessionId) as KnownSession;
    const { operationId, sessionId } = next;
    this.answers.set(operationId, { type: "acquired", ...lock, attachment });
    for (const each of this.listeners)
      each.onGrant(at, { type: "granted", ...lock, sessionId, operationId, name, attachment });
  }

  #eventOf(name: string, event: string): LoggedEvent {
    return { revision: this.revision, event, lock: this.statusOf(name) };
  }

  #tell(events: readonly LoggedEvent[]): void {
    this.log.push(...events);
    for (const each of this.listeners) each.onEvents(events);
  }
}
