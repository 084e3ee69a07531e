import type { Bus } from "../../shared/ports/bus.js";
import type { Clock } from "../../shared/ports/clock.js";
import type { Refresh } from "../../shared/protocol/bus.js";
import { parseKey } from "../../shared/protocol/keys.js";
import type { Commit } from "../../shared/protocol/link.js";
import { timedEntryOf } from "../cell/entries.js";
import type { Ground } from "../cell/ground.js";
import { keysOf } from "../cell/keys-of.js";
import type { Outcome } from "../cell/outcome.js";
import type { CommandRecord } from "../cell/record.js";
import type { CellTime } from "../cell-time.js";
import { commitOf } from "./commit-of.js";
import type { EventLog } from "./event-log.js";
import { eventMessages } from "./event-messages.js";
import { type CommandJournal, type Decided, GroupCommit } from "./group-commit.js";
import type { Interest } from "./interest.js";
import { KeyQueues } from "./key-queues.js";
import type { ProxyLeases } from "./leases.js";
import type { Clearance, Rounds } from "./rounds.js";
import type { Ticket } from "./ticket.js";

/** A bus carries messages of up to a mebibyte, as NATS does unless told otherwise: a larger turn takes several. */
const ROUND_KEYS_MAX = 1_000;
/** Commands that start in one turn: with thousands waiting, renewals and reads have their turns in between. */
const STARTS_PER_TURN = 512;

/** Who holds a session, and so must hear of what is to happen to it before it happens. */
export interface SessionHolders {
  /** The proxies that may answer for it, and whose lease runs; none where nobody does, or nobody far away. */
  proxiesOf(sessionId: string): readonly string[];
  /** They have heard of it, or there were none: nobody answers for the session from now on. */
  told(sessionId: string, why: "ended" | "taken"): void;
}

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
  readonly sessions: SessionHolders;
  /** Until when no entry may change, on the monotonic clock (rule E1): leases of epochs before may still run. */
  readonly noChangeBeforeMs: number;
  /** After each batch became visible, in the same turn. */
  readonly onCommitted: (decided: readonly Decided[]) => void;
  /** What there is to tell of the batch, in the same turn, after that. */
  readonly onEvents: (commits: readonly Commit[]) => void;
  readonly onFailed: (failure: Error) => void;
}

/** A command to be decided. */
export interface Request extends Pick<CommandRecord, "command" | "client"> {
  /** What it may change beside what the state says (rule R3). */
  readonly alsoKeys?: readonly string[];
  /** To whom the session of the command is attached by it, if it is. */
  readonly sender?: string | null;
}

/** What submitting a command gives. */
export interface Submitted {
  readonly answer: Promise<Outcome["answer"]>;
  /** Resolves when the answer is there, or when it is clear that it must wait for proxies. */
  readonly answerOrHeldUp: Promise<"answered" | "heldUp">;
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
  submit({ command, client, alsoKeys = [], sender = null }: Request): Submitted {
    const request = client === undefined ? { command } : { command, client };
    let answerOrHeldUp: Submitted["answerOrHeldUp"] | undefined;
    const answer = new Promise<Outcome["answer"]>((onAnswer, onFailure) => {
      answerOrHeldUp = new Promise((settle) => {
        this.#admit({
          request,
          sender,
          keys: new Set([...keysOf(this.#parts.ground, request), ...alsoKeys]),
          cleared: NONE,
          round: undefined,
          onAnswer: (value) => {
            onAnswer(value);
            settle("answered");
          },
          onFailure: (failure) => {
            onFailure(failure);
            settle("answered");
          },
          onHeldUp: () => settle("heldUp"),
        });
      });
    });
    return { answer, answerOrHeldUp: answerOrHeldUp as Submitted["answerOrHeldUp"] };
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
    this.#queueUp(ticket);
  }

  #queueUp(ticket: Ticket): void {
    if (this.#queues.enter(ticket)) this.#start(ticket);
    // Who is held up is first in all its queues; to look through these would cost the square of their length.
    else if (this.#queues.firstAt(ticket.keys).some((first) => this.#heldUp.has(first))) ticket.onHeldUp();
  }

  /**
   * Rule R3: the command would change keys that it did not name. It takes its place in their queues as well, behind
   * whoever stands there; and those behind it go first, so what was cleared for it is not any more.
   */
  #queueAnew(ticket: Ticket, unnamed: readonly string[]): void {
    const next = this.#queues.leave(ticket);
    this.#heldUp.delete(ticket);
    ticket.keys = new Set([...ticket.keys, ...unnamed]);
    ticket.cleared = NONE;
    ticket.round = undefined;
    this.#queueUp(ticket);
    for (const one of next) this.#start(one);
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
    const starting = this.#starting.splice(0, STARTS_PER_TURN);
    if (this.#starting.length > 0) this.#parts.clock.afterTurn(() => this.#startTurn());
    for (const ticket of starting) {
      const clearance = this.#clear(ticket);
      if (clearance !== undefined) clearances.push(clearance);
    }
    let together: Clearance[] = [];
    let keys = 0;
    for (const clearance of clearances) {
      if (together.length > 0 && keys + clearance.keys.length > ROUND_KEYS_MAX) {
        this.#openRound(together);
        together = [];
        keys = 0;
      }
      together.push(clearance);
      keys += clearance.keys.length;
    }
    if (together.length > 0) this.#openRound(together);
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
    if (this.#concernsNobody(ticket)) {
      ticket.cleared = ticket.keys;
      this.#commit.add(ticket);
      return undefined;
    }
    const { touched } = this.#commit.preview(ticket);
    const unnamed = touched.map(({ key }) => key).filter((key) => !ticket.keys.has(key));
    if (unnamed.length > 0) {
      this.#queueAnew(ticket, unnamed);
      return undefined;
    }
    const keys = touched.filter(({ visible }) => visible).map(({ key }) => key);
    if (keys.length > 0 && this.#waitForEarlierEpochs(ticket)) return undefined;

    const waitsFor = this.#holdersOf(keys);
    if (waitsFor.size === 0) {
      this.#cleared(ticket, keys);
      return undefined;
    }
    this.#holdUp(ticket);
    const tombstones = new Map<string, Set<string>>();
    const onCleared = (round: number): void => {
      ticket.round = { number: round, tombstones };
      this.#cleared(ticket, keys);
    };
    return { keys, waitsFor, tombstones, onCleared };
  }

  /**
   * Whether nobody answers from anything that the ticket names: then there is nothing to be waited for, whatever it comes
   * to, and that shows at the commit. Nobody begins to meanwhile, since its keys are closed (R1). What comes back from
   * there would change what it does not name, and has to be looked at.
   */
  #concernsNobody({ keys, cleared }: Ticket): boolean {
    const { interest, clock, noChangeBeforeMs } = this.#parts;
    const nowMs = clock.monotonicMs();
    if (nowMs < noChangeBeforeMs || cleared !== NONE) return false;
    for (const key of keys) if (sessionOf(key) !== undefined || interest.holders(key, nowMs).length > 0) return false;
    return true;
  }

  #cleared(ticket: Ticket, keys: readonly string[]): void {
    ticket.cleared = new Set([...ticket.cleared, ...keys]);
    for (const key of keys) {
      const sessionId = sessionOf(key);
      if (sessionId === undefined) continue;
      this.#parts.sessions.told(sessionId, ticket.request.command.kind === "closeSession" ? "ended" : "taken");
    }
    this.#commit.add(ticket);
  }

  /** Rule E1. True if the ticket was put off. */
  #waitForEarlierEpochs(ticket: Ticket): boolean {
    const leftMs = this.#parts.noChangeBeforeMs - this.#parts.clock.monotonicMs();
    if (leftMs <= 0) return false;
    this.#holdUp(ticket);
    this.#parts.clock.after(leftMs, () => this.#start(ticket));
    return true;
  }

  /** Who may answer from what is kept under the keys, or for the sessions that they name. */
  #holdersOf(keys: readonly string[]): Set<string> {
    const { interest, leases, clock, sessions } = this.#parts;
    const holders = keys.flatMap((key) => {
      const sessionId = sessionOf(key);
      if (sessionId === undefined) return interest.holders(key, clock.monotonicMs());
      return sessions.proxiesOf(sessionId);
    });
    return new Set(holders.filter((proxyId) => leases.isRunning(proxyId)));
  }

  #committed(decided: readonly Decided[]): void {
    const { ground, events, time } = this.#parts;
    const nowMs = time.nowMs();
    const commits: Commit[] = [];
    const refreshes: Refresh[] = [];
    for (const one of decided) {
      const commit = commitOf(one.outcome, one.revision, (key) => timedEntryOf(ground, key, nowMs));
      if (commit === undefined) continue;
      commits.push(commit);
      events.add(commit);
      refreshes.push(...this.#refreshesOf(one));
    }
    // A publish wakes every proxy of the cell; those who wait for an answer go first.
    if (commits.length > 0) this.#parts.clock.afterTurn(() => this.#publish(commits, refreshes));
    this.#parts.onCommitted(decided);
    this.#parts.onEvents(commits);
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
    for (const { key } of outcome.touched.filter(({ event, visible }) => visible && event !== null)) {
      const acked = [...(round.tombstones.get(key) ?? [])];
      const proxies = acked.filter((proxyId) => this.#parts.leases.isRunning(proxyId));
      this.#parts.interest.keepOnly(key, new Set(proxies));
      if (proxies.length > 0) refreshes.push({ key, round: round.number, proxies });
    }
    return refreshes;
  }

  #publish(commits: readonly Commit[], refreshes: readonly Refresh[]): void {
    for (const message of eventMessages(this.#parts.epoch, this.#toldUpTo, commits, refreshes)) {
      this.#parts.bus.publish("events", JSON.stringify(message));
    }
    this.#toldUpTo = commits.at(-1)?.revision ?? this.#toldUpTo;
  }
}

const NONE: ReadonlySet<string> = new Set();

/** The session of a key that names one. */
function sessionOf(key: string): string | undefined {
  const parsed = parseKey(key);
  return parsed?.kind === "session" ? parsed.rest : undefined;
}
