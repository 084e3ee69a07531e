import type { ReadMode, View, Write } from "../../shared/gateway/cell-service.js";
import type { Answer, Command } from "../../shared/protocol/commands.js";
import { lockKey, tokenKey } from "../../shared/protocol/keys.js";
import { LIMITS } from "../../shared/protocol/limits.js";
import { holderIdOf, tokenHash } from "../../shared/protocol/tokens.js";
import type { SimClock } from "../../shared/sim/sim-clock.js";
import type { SimProcess } from "../../shared/sim/sim-process.js";
import type { SimRandom } from "../../shared/sim/sim-random.js";
import type { Pending } from "../check/history.js";
import type { LockResult } from "../check/lock-operation.js";
import type { ClientNetwork } from "./client-network.js";
import type { Host } from "./host.js";
import type { ClientPlan, Step } from "./plan.js";
import type { Records } from "./records.js";

const PATIENCE_MS = { min: 300, max: 3_000 };
const PAUSE_MS = { min: 20, max: 300 };

export const principalOf = (user: string): string => `user:${user}`;
export const tokenOf = (user: string): string => tokenHash(`secret of ${user}`);

export interface ClientParts {
  readonly clock: SimClock;
  readonly random: SimRandom;
  readonly network: ClientNetwork;
  readonly hosts: readonly Host[];
  readonly records: Records;
  readonly plan: ClientPlan;
}

/**
 * A client of the cell, as a careful one would be written: a command is sent under an operation id, again
 * and through whichever door, until there is an answer.
 */
export class Client {
  readonly #parts: ClientParts;
  readonly #process: SimProcess;
  readonly #leases = new Map<string, string>();
  #last: { write: Write; operationId: string } | undefined;
  #operations = 0;

  constructor(parts: ClientParts) {
    this.#parts = parts;
    this.#process = parts.clock.process(parts.plan.name, { rate: parts.plan.rate });
  }

  /** Does the steps in turn. */
  async run(steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      await this.#pause(step.atMs - this.#parts.clock.monotonicMs());
      await this.do(step);
    }
  }

  async do(step: Step): Promise<void> {
    switch (step.kind) {
      case "read":
        await this.#tryRead(step);
        return;
      case "repeat":
        await this.#repeat(step);
        return;
      case "revoke":
      case "grant":
        return;
      default: {
        const command = this.#commandOf(step);
        if (command !== undefined) await this.#write(step, command);
      }
    }
  }

  /** Reads a lock at a door until it is answered there. */
  async readUntilAnswered(step: Step & { kind: "read" }): Promise<void> {
    while (!(await this.#tryRead(step))) await this.#pause(this.#between(PAUSE_MS));
  }

  async #tryRead(step: Step & { kind: "read" }): Promise<boolean> {
    const { records, plan, clock } = this.#parts;
    const { lock, door, bypass, maxStaleMs } = step;
    const mode: ReadMode = {
      ...(bypass === undefined ? {} : { bypass }),
      ...(maxStaleMs === undefined ? {} : { maxStaleMs }),
    };
    const key = lockKey(lock);
    const fresh = records.locks.begin(plan.name, key, { kind: "read" });
    const staleMs = Math.min(maxStaleMs ?? 0, LIMITS.staleMsMax);
    const stale = maxStaleMs === undefined ? undefined : records.stale.begin(plan.name, key, { kind: "read", staleMs });
    const invokedAtMs = clock.monotonicMs();
    records.tell(
      plan.name,
      () =>
        `reads ${lock} at ${door}${bypass ? " (no-cache)" : ""}${maxStaleMs === undefined ? "" : ` (max-stale ${maxStaleMs} ms)`}`,
    );
    try {
      const view = await this.#askToRead(step, [tokenKey(tokenOf(plan.user)), key], mode);
      const isStale = view.source === "stale";
      const allowed = view.entries[0]?.value != null;
      const result = shownBy(view);
      records.reads.push({
        user: plan.user,
        by: plan.name,
        door,
        invokedAtMs,
        returnedAtMs: clock.monotonicMs(),
        allowed,
        stale: isStale,
      });
      records.tell(
        plan.name,
        () => `reads ${lock}: ${allowed ? told(result) : "authentication failed"} (${view.source})`,
      );
      note(allowed && !isStale, fresh, result);
      if (stale !== undefined) note(allowed && isStale, stale, result);
      return true;
    } catch (error) {
      fresh.withdrawn();
      stale?.withdrawn();
      records.tell(plan.name, () => `reads ${lock}: ${(error as Error).message}`);
      return false;
    }
  }

  #askToRead(
    { door, bypass, maxStaleMs }: Step & { kind: "read" },
    keys: readonly string[],
    mode: ReadMode,
  ): Promise<View> {
    const isPlain = bypass !== true && maxStaleMs === undefined;
    return this.#parts.network.ask(this.#host(door), this.#process, PATIENCE_MS.max, async (service) => {
      const hit = isPlain ? service.readCached(keys) : undefined;
      return hit ?? (await service.read(keys, mode));
    });
  }

  #commandOf(step: Step): Command | undefined {
    switch (step.kind) {
      case "acquire": {
        const { lock: name, ttlMs, lockDelayMs, metadata } = step;
        return { kind: "acquire", name, ttlMs, lockDelayMs, metadata };
      }
      case "renew":
      case "release":
      case "setMetadata": {
        const leaseId = this.#leases.get(step.lock);
        if (leaseId === undefined) return undefined;
        if (step.kind === "renew") return { kind: "renew", name: step.lock, leaseId, ttlMs: step.ttlMs };
        if (step.kind === "release") return { kind: "release", name: step.lock, leaseId };
        return { kind: "setMetadata", name: step.lock, leaseId, metadata: step.metadata };
      }
      default:
        return undefined;
    }
  }

  async #write(step: Step, command: Command): Promise<void> {
    const { plan, records } = this.#parts;
    const operationId = `${plan.name}-${++this.#operations}`;
    const write: Write = { command, tokenHash: tokenOf(plan.user), operationId };
    const holderId = holderIdOf(principalOf(plan.user));
    const pending = records.locks.begin(plan.name, lockKey(command.name), { ...command, holderId });
    const answer = await this.#send(write, step.door, step.abandon === true ? 1 : Number.POSITIVE_INFINITY);
    if (answer === undefined) return;
    // An earlier sending, whose answer was lost, may have come before the token was revoked.
    if (answer.status === "refused" && answer.code === "authentication_failed") return;
    pending.returned(answer);
    records.answered.push({ operationId, by: plan.name, atMs: this.#parts.clock.monotonicMs(), answer });
    this.#last = { write, operationId };
    if (answer.status === "acquired") this.#leases.set(command.name, answer.leaseId);
  }

  async #repeat({ door }: Step): Promise<void> {
    const last = this.#last;
    if (last === undefined) return;
    const { plan, records, clock } = this.#parts;
    const answer = await this.#send(last.write, door, 1);
    if (answer === undefined || (answer.status === "refused" && answer.code === "authentication_failed")) return;
    records.answered.push({ operationId: last.operationId, by: plan.name, atMs: clock.monotonicMs(), answer });
  }

  /** Sends a command until it is answered, or so many times. */
  async #send(write: Write, firstDoor: string, attempts: number): Promise<Answer | undefined> {
    const { plan, records, network } = this.#parts;
    const { command, operationId } = write;
    for (let attempt = 1; attempt <= attempts; attempt++) {
      const host = attempt === 1 ? this.#host(firstDoor) : this.#anyHost();
      records.tell(
        plan.name,
        () => `asks ${host.name}: ${JSON.stringify(command)} (${operationId}, attempt ${attempt})`,
      );
      try {
        const answer = await network.ask(host, this.#process, this.#between(PATIENCE_MS), (service) =>
          service.execute(write),
        );
        records.tell(plan.name, () => `is told: ${JSON.stringify(answer)} (${operationId})`);
        return answer;
      } catch (error) {
        records.tell(plan.name, () => `does not know: ${(error as Error).message} (${operationId})`);
      }
      await this.#pause(this.#between(PAUSE_MS));
    }
    return undefined;
  }

  #host(name: string): Host {
    return this.#parts.hosts.find((host) => host.name === name) ?? this.#anyHost();
  }

  #anyHost(): Host {
    const { hosts, random } = this.#parts;
    return hosts[random.int(hosts.length)] as Host;
  }

  #between({ min, max }: { min: number; max: number }): number {
    return min + this.#parts.random.fraction() * (max - min);
  }

  async #pause(forMs: number): Promise<void> {
    if (forMs <= 0) return;
    await new Promise<void>((resolve) => {
      this.#parts.clock.after(forMs, resolve);
    });
  }
}

function note(counts: boolean, pending: Pending<LockResult>, result: LockResult): void {
  if (counts) pending.returned(result);
  else pending.withdrawn();
}

function shownBy(view: View): LockResult {
  const value = view.entries[1]?.value;
  if (value?.kind !== "lock") return { status: "read", lock: null };
  const { holderId, fencingToken, metadata } = value;
  return { status: "read", lock: { holderId, fencingToken, metadata } };
}

function told(result: LockResult): string {
  if (result.status !== "read" || result.lock === null) return "free";
  return `token ${result.lock.fencingToken}, ${JSON.stringify(result.lock.metadata)}`;
}
