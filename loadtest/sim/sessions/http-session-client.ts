import type { Answer, Command, SessionRef } from "../../../shared/protocol/commands.js";
import { faultOf } from "../../../shared/protocol/errors.js";
import { lockKey } from "../../../shared/protocol/keys.js";
import { LIMITS } from "../../../shared/protocol/limits.js";
import { holderIdOf } from "../../../shared/protocol/tokens.js";
import type { SimClock } from "../../../shared/sim/sim-clock.js";
import type { SimProcess } from "../../../shared/sim/sim-process.js";
import type { LockOperation, SessionAcquire } from "../../check/lock-operation.js";
import type { Records } from "../../check/records.js";
import type { OpenSessionLife, TrackedLock } from "../../check/session-records.js";
import { type ClientNetwork, NoAnswer } from "../client-network.js";
import type { Host } from "../host.js";
import type { ClientPlan } from "../plan.js";
import { type AskAtDoor, askAtDoor } from "./ask-at-door.js";
import type { HttpSessionStep } from "./session-action.js";

export interface HttpSessionClientParts {
  readonly clock: SimClock;
  readonly network: ClientNetwork;
  readonly hosts: readonly Host[];
  readonly records: Records;
  readonly plan: ClientPlan;
}

interface OwnLock {
  readonly leaseId: string;
  readonly tracked: TrackedLock;
}

/** A session as its client counts it, on its own clock. */
interface OwnSession {
  readonly life: OpenSessionLife;
  untilMs: number;
  isOver: boolean;
  readonly locks: Map<string, OwnLock>;
}

const LEASE_MS = LIMITS.httpSessionSecondsMin * 1_000;
const NEVER = Number.POSITIVE_INFINITY;

/**
 * A client of OctoStore's sessions, which goes to another door each time. It does as the routes do, on the same
 * `SessionHost`, and believes in its locks while both their TTL and its session's lease run.
 */
export class HttpSessionClient {
  readonly #parts: HttpSessionClientParts;
  readonly #process: SimProcess;
  readonly #ask: AskAtDoor;
  #session: OwnSession | undefined;
  #operations = 0;

  constructor(parts: HttpSessionClientParts) {
    this.#parts = parts;
    const { clock, network, hosts, plan } = parts;
    this.#process = clock.process(plan.name, { rate: plan.rate });
    this.#ask = askAtDoor({ network, hosts, process: this.#process, user: plan.user });
  }

  /** Does the steps one after the other, and says nothing more after the last: the session dies of that. */
  async run(steps: readonly HttpSessionStep[]): Promise<void> {
    const { clock, records, plan } = this.#parts;
    for (const step of steps) {
      const waitMs = step.atMs - clock.monotonicMs();
      if (waitMs > 0) await new Promise<void>((resolve) => void clock.after(waitMs, resolve));
      try {
        await this.#do(step);
      } catch (error) {
        records.tell(plan.name, () => `${step.kind} at ${step.door}: ${(error as Error).message}`);
      }
    }
    if (this.#session !== undefined) this.#session.life.diedMs = clock.monotonicMs();
  }

  async #do(step: HttpSessionStep): Promise<void> {
    const session = this.#session;
    if (step.kind === "open") await this.#open(step.door);
    else if (step.kind === "end") await this.#end(step);
    else if (session === undefined) return;
    else if (step.kind === "keepAlive") await this.#keepAlive(session, step.door);
    else if (step.kind === "take") await this.#take(session, step);
    else if (step.kind === "drop") await this.#drop(session, step);
    else if (step.kind === "takeBack") await this.#takeBack(session, step);
    else await this.#close(session, step.door);
  }

  async #open(door: string): Promise<void> {
    if (this.#session !== undefined) return;
    const { records, plan } = this.#parts;
    const [sentMs, fromMs] = [records.nowMs(), this.#process.monotonicMs()];
    const { sessionId } = await this.#ask(door, (service, caller) => service.sessions.openAnchored(caller, LEASE_MS));
    records.tell(plan.name, () => `has opened the session ${sessionId} at ${door}`);
    const life: OpenSessionLife = {
      ...{ sessionId, client: plan.name, user: plan.user, leaseMs: LEASE_MS, attachment: null },
      signs: [{ sentMs, life: this.#lifeAt(door) }],
      ...{ resumeSentMs: Number.NEGATIVE_INFINITY, closedMs: NEVER, toldOverMs: NEVER, diedMs: NEVER },
    };
    records.ofSessions.sessions.push(life);
    this.#session = { life, untilMs: fromMs + LEASE_MS * LIMITS.driftFactor, isOver: false, locks: new Map() };
  }

  async #keepAlive(session: OwnSession, door: string): Promise<void> {
    const { records, plan } = this.#parts;
    const [sentMs, fromMs] = [records.nowMs(), this.#process.monotonicMs()];
    const { life } = session;
    life.resumeSentMs = sentMs;
    const { leaseMs } = await this.#ask(door, (service, caller) =>
      service.sessions.keepAliveHere(caller, life.sessionId),
    ).catch((error) => {
      if (isOver(error)) this.#over(session);
      throw error;
    });
    records.tell(plan.name, () => `is told at ${door} that its session lives`);
    life.signs.push({ sentMs, life: this.#lifeAt(door) });
    session.untilMs = Math.max(session.untilMs, fromMs + leaseMs * LIMITS.driftFactor);
    records.ofSessions.look();
  }

  async #take(session: OwnSession, { lock, door, ttlMs }: HttpSessionStep & { kind: "take" }): Promise<void> {
    if (session.locks.has(lock)) return;
    const { records, plan } = this.#parts;
    const { sessionId } = session.life;
    const options = { metadata: plan.name, lockDelayMs: 0, delayOnRelease: true, wait: false };
    const command: SessionAcquire = { kind: "acquire", name: lock, ttlMs, ephemeral: true, ...options };
    const operationId = this.#operationId();
    const call = { ...command, holderId: holderOf(session), operationId, user: plan.user };
    const pending = records.locks.begin(plan.name, lockKey(lock), call);
    const fromMs = this.#process.monotonicMs();
    const answer = await this.#execute(door, { command, operationId, session: { sessionId, attachment: null } });
    if (answer.status === "held" || answer.status === "delayed") pending.returned(answer);
    if (answer.status !== "acquired") return;
    pending.returned(answer);
    const { leaseId, fencingToken } = answer;
    const untilMs = fromMs + ttlMs * LIMITS.driftFactor;
    const isHeld = (): boolean => {
      const nowMs = this.#process.monotonicMs();
      return (
        !session.isOver && session.locks.get(lock)?.leaseId === leaseId && nowMs < Math.min(untilMs, session.untilMs)
      );
    };
    const tracked = { lock, client: plan.name, fencingToken, isHeld };
    session.locks.set(lock, { leaseId, tracked });
    records.tell(plan.name, () => `has ${lock}, token ${fencingToken}`);
    records.ofSessions.track(tracked);
  }

  async #drop(session: OwnSession, { lock, door }: HttpSessionStep & { kind: "drop" }): Promise<void> {
    const own = session.locks.get(lock);
    if (own === undefined) return;
    const { records, plan } = this.#parts;
    const { leaseId } = own;
    const operationId = this.#operationId();
    const command = { kind: "release", name: lock, leaseId } as const;
    const call = { ...command, holderId: holderOf(session), operationId, user: plan.user };
    session.locks.delete(lock);
    records.ofSessions.untrack(own.tracked);
    const pending = records.locks.begin(plan.name, lockKey(lock), call);
    const answer = await this.#execute(door, { command, operationId });
    const isCertain =
      answer.status === "released" || (answer.status === "refused" && answer.code === "lease_not_current");
    if (isCertain) pending.returned(answer);
  }

  /** Rule S6: a session that was deleted at one door is unknown at all of them. */
  async #close(session: OwnSession, door: string): Promise<void> {
    this.#over(session);
    await this.#closeAt(door, session.life);
  }

  async #end({ whose, door }: HttpSessionStep & { kind: "end" }): Promise<void> {
    const life = this.#parts.records.ofSessions.sessions.findLast(({ client }) => client === whose);
    if (life !== undefined) await this.#closeAt(door, life);
  }

  async #closeAt(door: string, life: OpenSessionLife): Promise<void> {
    const { records, plan, hosts } = this.#parts;
    life.closedMs = Math.min(life.closedMs, records.nowMs());
    await this.#ask(door, (service, caller) => service.sessions.closeAnywhere(caller, life.sessionId));
    records.tell(plan.name, () => `has ended the session ${life.sessionId} at ${door}`);
    await Promise.all(hosts.map(({ name }) => this.#isGoneAt(life.sessionId, name)));
  }

  async #takeBack({ life }: OwnSession, { whose, lock, door }: HttpSessionStep & { kind: "takeBack" }): Promise<void> {
    const isWish = ({ process, key, call }: LockOperation): boolean =>
      process === whose && key === lockKey(lock) && call.kind === "acquire";
    const call = this.#parts.records.locks.history().findLast(isWish)?.call;
    if (call === undefined || !("operationId" in call) || call.operationId === undefined) return;
    const command = { kind: "cancelWait", name: lock, waitOperationId: call.operationId } as const;
    const session = { sessionId: life.sessionId, attachment: null };
    await this.#execute(door, { command, operationId: this.#operationId(), session });
  }

  async #isGoneAt(sessionId: string, door: string): Promise<void> {
    const { records, plan } = this.#parts;
    const kept = this.#ask(door, (service, caller) => service.sessions.keepAliveHere(caller, sessionId));
    const isKept = await kept.then(
      () => true,
      () => false,
    );
    if (isKept) records.mishap("S6 ended everywhere", `${plan.name} closed ${sessionId}, and ${door} keeps it alive`);
  }

  #over(session: OwnSession): void {
    session.isOver = true;
    for (const { tracked } of session.locks.values()) this.#parts.records.ofSessions.untrack(tracked);
    if (this.#session === session) this.#session = undefined;
  }

  async #execute(
    door: string,
    write: { command: Command; operationId: string; session?: SessionRef },
  ): Promise<Answer> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#ask(door, (service, { tokenHash }) => service.execute({ ...write, tokenHash }));
      } catch (error) {
        if (!(error instanceof NoAnswer) || attempt === 3) throw error;
      }
    }
  }

  #lifeAt(door: string): string {
    const host = this.#parts.hosts.find(({ name }) => name === door);
    return host?.door()?.life.clock.name ?? "";
  }

  #operationId(): string {
    this.#operations += 1;
    return `${this.#parts.plan.name}-${this.#operations}`;
  }
}

const holderOf = ({ life }: OwnSession): string => holderIdOf(`session/${life.sessionId}`);

const isOver = (error: unknown): boolean => ["session_expired", "not_found"].includes(faultOf(error).code);
