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

/** A bus carries messages of up to a mebibyte, as NATS does unless told otherwise: a larger turn takes several. */
const ROUND_COMMANDS_MAX = 1_000;
const EVENT_COMMITS_MAX = 100;

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
  /** Those who wait for proxies, and whoever stands behind them waits as well. */
  readonly #heldUp = new Set<Ticket>();
  #starting: Ticket[] = [];
  #failure: Error | undefined;
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
      onFailed: (failure) => this.#fail(failure),
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
    if (this.#failure !== undefined) {
      ticket.onFailure(this.#failure);
      return;
    }
    if (this.#queues.enter(ticket)) this.#start(ticket);
    else if (this.#queues.standingAt(ticket.keys).some((other) => this.#heldUp.has(other))) ticket.onHeldUp();
  }

  #holdUp(ticket: Ticket): void {
    this.#heldUp.add(ticket);
    for (const waiting of this.#queues.standingAt(ticket.keys)) waiting.onHeldUp();
  }

  /** Nothing is decided any more, so nobody is left waiting. */
  #fail(failure: Error): void {
    this.#failure = failure;
    for (const ticket of this.#queues.everyone()) ticket.onFailure(failure);
    this.#parts.onFailed(failure);
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
    for (let at = 0; at < clearances.length; at += ROUND_COMMANDS_MAX) {
      this.#openRound(clearances.slice(at, at + ROUND_COMMANDS_MAX));
    }
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
    this.#holdUp(ticket);
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
    this.#holdUp(ticket);
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
    // A publish wakes every proxy of the cell; those who wait for an answer go first.
    if (commits.length > 0) this.#parts.clock.afterTurn(() => this.#publish(commits, refreshes));
    this.#parts.onCommitted(decided);
    for (const { ticket, outcome } of decided) {
      this.#heldUp.delete(ticket);
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
    for (let at = 0; at < commits.length; at += EVENT_COMMITS_MAX) {
      const some = commits.slice(at, at + EVENT_COMMITS_MAX);
      const keys = new Set(some.flatMap(({ changes }) => changes.map(({ entry }) => entry.key)));
      const message: EventMessage = {
        epoch: this.#parts.epoch,
        previous: this.#toldUpTo,
        commits: some,
        refreshes: refreshes.filter(({ key }) => keys.has(key)),
      };
      this.#toldUpTo = (some.at(-1) as Commit).revision;
      this.#parts.bus.publish("events", JSON.stringify(message));
    }
  }
}
