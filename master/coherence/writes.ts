import type { Bus } from "../../shared/ports/bus.js";
import type { Clock } from "../../shared/ports/clock.js";
import type { EventMessage, Refresh } from "../../shared/protocol/bus.js";
import type { Commit } from "../../shared/protocol/link.js";
import { keysOf } from "../cell/apply.js";
import { timedEntryOf } from "../cell/entries.js";
import type { Ground } from "../cell/ground.js";
import type { Outcome } from "../cell/outcome.js";
import type { CommandRecord } from "../cell/record.js";
import type { CellTime } from "../cell-time.js";
import type { EventLog } from "./event-log.js";
import { type CommandJournal, type Decided, GroupCommit } from "./group-commit.js";
import type { Interest } from "./interest.js";
import { KeyQueues } from "./key-queues.js";
import type { ProxyLeases } from "./leases.js";
import type { Clearance, Rounds } from "./rounds.js";
import type { Ticket } from "./ticket.js";

/** What the way of a write leads through. */
export interface WriteParts {
  readonly clock: Clock;
  readonly bus: Bus;
  readonly ground: Ground;
  readonly time: CellTime;
  readonly journal: CommandJournal;
  readonly epoch: number;
  readonly leases: ProxyLeases;
  readonly interest: Interest;
  readonly rounds: Rounds;
  readonly events: EventLog;
  /** Until when no entry may change, on the monotonic clock (rule E1): leases of epochs before may still run. */
  readonly noChangeBeforeMs: number;
  /** After each batch became visible, in the same turn. */
  readonly onCommitted: (decided: readonly Decided[]) => void;
  readonly onFailed: (failure: Error) => void;
}

/** What submitting a command gives. */
export interface Submitted {
  readonly answer: Promise<Outcome["answer"]>;
  /** Resolves when the answer is there, or when it is clear that it must wait for proxies. */
  readonly answerOrHeldUp: Promise<unknown>;
}

/**
 * The way of a write: admitted -> its keys closed -> a round, if anybody may hold them -> acks, or leases
 * run out -> checked again, journaled, synced -> visible -> answered, and told as an event.
 *
 * The naive way (change, then invalidate) leaves an instant in which one reader sees the new state and
 * another, at a proxy, the old one. So the order is turned round: first nobody can answer from the old
 * entry, then it changes. Between the two a key is closed, and what is read of it is not kept (R1).
 */
export class Writes {
  readonly #parts: WriteParts;
  readonly #queues = new KeyQueues<Ticket>();
  readonly #commit: GroupCommit;
  #starting: Ticket[] = [];
  #toldUpTo: number;

  constructor(parts: WriteParts) {
    this.#parts = parts;
    this.#toldUpTo = parts.ground.counters.revision;
    this.#commit = new GroupCommit({
      ground: parts.ground,
      journal: parts.journal,
      clock: parts.clock,
      time: parts.time,
      onCommitted: (decided) => this.#committed(decided),
      onUncleared: (ticket) => this.#start(ticket),
      onFailed: parts.onFailed,
    });
  }

  /** Admits a command: from this turn on its keys are closed. */
  submit(request: Pick<CommandRecord, "command" | "client">): Submitted {
    let answerOrHeldUp: Promise<unknown> | undefined;
    const answer = new Promise<Outcome["answer"]>((onAnswer, onFailure) => {
      answerOrHeldUp = new Promise<void>((onHeldUp) => {
        this.#admit({
          request,
          keys: keysOf(request.command),
          cleared: new Set(),
          round: undefined,
          onAnswer: (value) => {
            onAnswer(value);
            onHeldUp();
          },
          onFailure: (failure) => {
            onFailure(failure);
            onHeldUp();
          },
          onHeldUp,
        });
      });
    });
    return { answer, answerOrHeldUp: answerOrHeldUp as Promise<unknown> };
  }

  /** Whether a command that may change the key is under way: what is read of it must not be kept. */
  isClosed(key: string): boolean {
    return this.#queues.isClosed(key);
  }

  get isIdle(): boolean {
    return this.#queues.isEmpty;
  }

  #admit(ticket: Ticket): void {
    if (this.#queues.enter(ticket)) this.#start(ticket);
  }

  /** The ticket is first in all its queues. Those that start in one turn go together. */
  #start(ticket: Ticket): void {
    this.#starting.push(ticket);
    if (this.#starting.length === 1) this.#parts.clock.afterTurn(() => this.#startTurn());
  }

  #startTurn(): void {
    const clearances: Clearance[] = [];
    for (const ticket of this.#starting.splice(0)) {
      const clearance = this.#clear(ticket);
      if (clearance !== undefined) clearances.push(clearance);
    }
    if (clearances.length > 0) this.#openRound(clearances);
  }

  #openRound(clearances: readonly Clearance[]): void {
    const { rounds, leases } = this.#parts;
    const waitedFor = new Set(clearances.flatMap((clearance) => [...clearance.waitsFor]));
    rounds.open(clearances);
    // A lease may have run out within this very turn, when nobody was waiting for it yet.
    for (const proxyId of waitedFor) if (!leases.isRunning(proxyId)) rounds.dropProxy(proxyId);
  }

  /** Hands the ticket on if nobody can answer from what it changes; else says what has to be waited for. */
  #clear(ticket: Ticket): Clearance | undefined {
    const keys = this.#commit
      .preview(ticket)
      .touched.filter(({ visible }) => visible)
      .map(({ key }) => key);
    if (keys.length > 0 && this.#waitForEarlierEpochs(ticket)) return undefined;

    const waitsFor = this.#holdersOf(keys);
    if (waitsFor.size === 0) {
      for (const key of keys) ticket.cleared.add(key);
      this.#commit.add(ticket);
      return undefined;
    }
    ticket.onHeldUp();
    const tombstones = new Map<string, Set<string>>();
    const onCleared = (round: number): void => {
      for (const key of keys) ticket.cleared.add(key);
      ticket.round = { number: round, tombstones };
      this.#commit.add(ticket);
    };
    return { keys, waitsFor, tombstones, onCleared };
  }

  /** Rule E1. True if the ticket was put off. */
  #waitForEarlierEpochs(ticket: Ticket): boolean {
    const leftMs = this.#parts.noChangeBeforeMs - this.#parts.clock.monotonicMs();
    if (leftMs <= 0) return false;
    ticket.onHeldUp();
    this.#parts.clock.after(leftMs, () => this.#start(ticket));
    return true;
  }

  #holdersOf(keys: readonly string[]): Set<string> {
    const { interest, leases, clock } = this.#parts;
    const holders = keys.flatMap((key) => interest.holders(key, clock.monotonicMs()));
    return new Set(holders.filter((proxyId) => leases.isRunning(proxyId)));
  }

  #committed(decided: readonly Decided[]): void {
    const { ground, events, time } = this.#parts;
    const nowMs = time.nowMs();
    const commits: Commit[] = [];
    const refreshes: Refresh[] = [];
    for (const one of decided) {
      if (one.outcome.touched.length === 0) continue;
      const changes = one.outcome.touched.map(({ key, event }) => ({ entry: timedEntryOf(ground, key, nowMs), event }));
      const commit: Commit = { revision: one.revision, changes };
      commits.push(commit);
      events.add(commit);
      refreshes.push(...this.#refreshesOf(one));
    }
    this.#publish(commits, refreshes);
    this.#parts.onCommitted(decided);
    for (const { ticket, outcome } of decided) {
      for (const next of this.#queues.leave(ticket)) this.#start(next);
      ticket.onAnswer(outcome.answer);
    }
  }

  /** Rule R6: interest is now those who acked with a tombstone and whose lease runs, and they may be refreshed. */
  #refreshesOf({ ticket, outcome }: Decided): Refresh[] {
    const { round } = ticket;
    if (round === undefined) return [];
    const refreshes: Refresh[] = [];
    for (const { key } of outcome.touched.filter(({ visible }) => visible)) {
      const acked = [...(round.tombstones.get(key) ?? [])];
      const proxies = acked.filter((proxyId) => this.#parts.leases.isRunning(proxyId));
      this.#parts.interest.keepOnly(key, new Set(proxies));
      if (proxies.length > 0) refreshes.push({ key, round: round.number, proxies });
    }
    return refreshes;
  }

  #publish(commits: readonly Commit[], refreshes: readonly Refresh[]): void {
    const last = commits.at(-1);
    if (last === undefined) return;
    const message: EventMessage = {
      epoch: this.#parts.epoch,
      previous: this.#toldUpTo,
      commits: [...commits],
      refreshes: [...refreshes],
    };
    this.#toldUpTo = last.revision;
    this.#parts.bus.publish("events", JSON.stringify(message));
  }
}
