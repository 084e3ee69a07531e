import type { Registry } from "prom-client";
import type { CellService } from "../shared/gateway/cell-service.js";
import type { Bus, Subscription } from "../shared/ports/bus.js";
import type { Clock, Timer } from "../shared/ports/clock.js";
import type { MasterLink } from "../shared/ports/link.js";
import type { Log } from "../shared/ports/log.js";
import type { Random } from "../shared/ports/random.js";
import type { Store } from "../shared/ports/store.js";
import { readAck } from "../shared/protocol/bus.js";
import { Fault } from "../shared/protocol/errors.js";
import { parseKey } from "../shared/protocol/keys.js";
import { LIMITS } from "../shared/protocol/limits.js";
import type { Sessions } from "../shared/sessions/sessions.js";
import { type Booted, boot } from "./boot.js";
import type { Decided } from "./coherence/group-commit.js";
import { Interest } from "./coherence/interest.js";
import { ProxyLeases } from "./coherence/leases.js";
import { Rounds } from "./coherence/rounds.js";
import { Writes } from "./coherence/writes.js";
import { Decider } from "./decider.js";
import { doorSessions } from "./door-sessions.js";
import { Expiry } from "./expiry.js";
import { MasterFeed } from "./feed.js";
import { Calls } from "./link/calls.js";
import { MasterMetrics } from "./metrics.js";
import { Reader } from "./reader.js";
import { MasterService } from "./service.js";
import { AnchoredSessions } from "./sessions/anchored-sessions.js";
import { Snapshots } from "./snapshots.js";
import { type ConfiguredToken, type TokenChange, Tokens } from "./tokens.js";

const POLL_MS = 5;
const HOUSEKEEPING_EVERY_MS = 30_000;
const RETRY_AFTER_MS = 1_000;
const SESSIONS_PER_TURN = 4_096;

export interface MasterSettings {
  /** How many locks a principal may hold at a time. */
  readonly locksPerPrincipal: number;
  /** How many writes of a principal are kept on record (rule O1); `LIMITS.operationsPerPrincipalMax` if left out. */
  readonly operationsPerPrincipal?: number;
  /** How many of the newest commits are kept for proxies that missed some (rule W1); 10,000 if left out. */
  readonly commitsKept?: number;
  /** The tokens that are in force; all others on record are revoked. */
  readonly tokens: readonly ConfiguredToken[];
  /** What an anchored session has beyond its lease when its proxy or the master was lost, in ms; 45 s if left out. */
  readonly graceMs?: number;
}

/** The ports and settings that a master is composed of. It closes the store, and nothing else. */
export interface MasterParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly bus: Bus;
  readonly store: Store;
  readonly log: Log;
  readonly metrics: Registry;
  readonly settings: MasterSettings;
  /** Is told how far a long start has come, as a clause that goes on from "it". */
  readonly onStarting?: (progress: string) => void;
}

/** Recovers the cell from its journal and starts deciding. Rejects with a `JournalError` for a journal that cannot be trusted. */
export async function startMaster(parts: MasterParts): Promise<Master> {
  const { onStarting: onProgress, settings } = parts;
  const { commitsKept } = settings;
  const told = onProgress === undefined ? {} : { onProgress };
  const kept = commitsKept === undefined ? {} : { commitsKept };
  const booted = await boot({ ...parts, ...told, ...kept });
  const master = new Master(parts, booted);
  await master.takeSessionsIn();
  return master;
}

/**
 * The one process that decides: composes the cell, its journal and its coherence, and stops them in order.
 */
export class Master {
  /** What proxies may ask. */
  readonly link: MasterLink;
  /** What the master's own gateway stands before. */
  readonly service: CellService;
  /** Resolves if the journal fails. Nothing more is decided then: stop the process, and let the next one recover. */
  readonly failed: Promise<Error>;
  /** Resolves when the configured tokens are in force, with what that changed. */
  readonly tokensInForce: Promise<TokenChange>;

  readonly #clock: Clock;
  readonly #booted: Booted;
  readonly #leases: ProxyLeases;
  readonly #interest = new Interest();
  readonly #writes: Writes;
  readonly #expiry: Expiry;
  readonly #calls: Calls;
  readonly #decider: Decider;
  readonly #anchored: AnchoredSessions;
  /** Of the master's own gateway. */
  readonly #doorSessions: Sessions;
  readonly #tokens: Tokens;
  readonly #acks: Subscription;
  #housekeeping: Timer | undefined;
  #stopped = false;

  constructor(parts: MasterParts, booted: Booted) {
    const { clock, bus, log, random, settings } = parts;
    const { ground, journal, snapshotRevision, time, epoch, events, noChangeBeforeMs } = booted;
    this.#clock = clock;
    this.#booted = booted;
    const rounds = new Rounds({ bus, clock, epoch, revision: () => ground.counters.revision });
    const interest = this.#interest;
    const leases = new ProxyLeases(clock, ({ proxyId, name }) => {
      log.info({ proxyId, proxy: name }, "A proxy's lease is over.");
      interest.dropProxy(proxyId);
      anchored.leaseOver(proxyId);
      rounds.dropProxy(proxyId);
    });
    this.#leases = leases;
    const anchored = new AnchoredSessions({
      ...{ clock, ground, leases },
      graceMs: settings.graceMs ?? LIMITS.sessionGraceMsDefault,
      submitEnd: (command, alsoKeys) => this.#writes.submit({ command, alsoKeys }).answer,
      dropHere: ({ sessionId, attachment }, why) => this.#doorSessions.drop(sessionId, why, attachment),
      onEnd: (cause) => metrics.sessionEnded(cause),
      onMended: (how) => metrics.sessionMended(how),
    });
    this.#anchored = anchored;
    const metrics = new MasterMetrics(parts.metrics, { ground, leases, interest, rounds, sessions: anchored });
    const snapshots = new Snapshots({ ground, journal, log, snapshotRevision });
    const feed = new MasterFeed(events, ground.counters.revision);

    let onFailed: (failure: Error) => void = () => {};
    this.failed = new Promise((resolve) => {
      onFailed = resolve;
    });
    const onCommitted = (decided: readonly Decided[]): void => {
      ground.operations.forgetBefore(ground.counters.timeMs);
      anchored.committed(decided);
      this.#watchExpiry(decided);
      metrics.decided(decided);
      snapshots.afterCommit();
    };
    this.#writes = new Writes({
      ...{ clock, bus, ground, time, journal, epoch, leases, interest, rounds, events, noChangeBeforeMs, onFailed },
      ...{ sessions: anchored, onCommitted },
      onEvents: (commits) => feed.committed(commits, ground.counters.revision),
    });
    const writes = this.#writes;
    this.#expiry = new Expiry({ clock, time, ground, writes });
    const expiry = this.#expiry;
    const { locksPerPrincipal, operationsPerPrincipal = LIMITS.operationsPerPrincipalMax } = settings;
    const bounds = { locksPerPrincipal, operationsPerPrincipal };
    this.#decider = new Decider({ ground, time, writes, expiry, sessions: anchored, random, ...bounds });
    const decider = this.#decider;
    const reader = new Reader({ ground, time, expiry, leases });
    this.#calls = new Calls({
      ...{ clock, log, epoch, ground, leases, interest, rounds, writes, events, reader, decider, sessions: anchored },
    });
    this.link = this.#calls;
    this.#tokens = new Tokens(ground, writes);
    this.tokensInForce = this.#tokens.set(settings.tokens);
    const read = async (keys: readonly string[]) => (await service.read(keys, {})).entries;
    const sessions = doorSessions({ clock, random, read, decider, anchored, feed });
    this.#doorSessions = sessions;
    const service = new MasterService({ ground, epoch, bus, decider, reader, sessions, feed });
    this.service = service;
    // If the journal fails before that, `failed` says so.
    this.tokensInForce.then(() => service.tokensAreInForce()).catch(() => {});
    this.#acks = bus.subscribe("acks", (message) => {
      const ack = readAck(message);
      if (ack?.epoch === epoch && leases.isRunning(ack.proxyId)) rounds.ack(ack.proxyId, ack.ack);
    });
    this.#keepHouse(parts, service);
  }

  /** To be awaited before anybody is served. */
  async takeSessionsIn(): Promise<void> {
    for (const _step of this.#anchored.takeIn(SESSIONS_PER_TURN)) {
      await new Promise<void>((resolve) => this.#clock.afterTurn(resolve));
    }
  }

  /** Puts another set of tokens in force. Those that are gone have stopped working everywhere when it resolves. */
  setTokens(tokens: readonly ConfiguredToken[]): Promise<TokenChange> {
    return this.#tokens.set(tokens);
  }

  /**
   * Stops in good order (rule E2): takes nothing more in, grants no more, waits until every lease was given
   * up or has run out, and leaves `closed` as the last record, so that the next start waits for nothing.
   * After a failure of the journal only lets go of it.
   */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#decider.refuseWith(new Fault("shutting_down", "The master is stopping.", { retryAfterMs: RETRY_AFTER_MS }));
    this.#calls.grantNoMore();
    this.#expiry.stop();
    this.#anchored.stop();
    this.#doorSessions.stop();
    const hasFailed = await this.#isQuiet();
    this.#leases.stop();
    this.#housekeeping?.cancel();
    this.#acks.unsubscribe();
    if (!hasFailed) await this.#writes.submit({ command: { kind: "close" } }).answer.catch(() => {});
    await this.#booted.journal.close();
  }

  /** Waits until no lease of this epoch or one before runs, and no write is under way. True if the journal failed instead. */
  async #isQuiet(): Promise<boolean> {
    let hasFailed = false;
    void this.failed.then(() => {
      hasFailed = true;
    });
    do {
      await new Promise<void>((resolve) => {
        this.#clock.after(POLL_MS, resolve);
      });
    } while (!hasFailed && (this.#mayBeCountedOn() || !this.#writes.isIdle));
    return hasFailed;
  }

  /** Whether a proxy may still answer from its cache. Those of earlier epochs this master knows by the time alone (rule E1). */
  #mayBeCountedOn(): boolean {
    return this.#leases.running().length > 0 || this.#clock.monotonicMs() < this.#booted.noChangeBeforeMs;
  }

  /** A command may have moved the end of any lock that it named, also one that nobody sees it in. */
  #watchExpiry(decided: readonly Decided[]): void {
    for (const { ticket } of decided) {
      for (const key of ticket.keys) {
        const parsed = parseKey(key);
        if (parsed?.kind === "lock") this.#expiry.watch(parsed.rest);
      }
    }
  }

  #keepHouse(parts: MasterParts, service: MasterService): void {
    this.#interest.sweep(parts.clock.monotonicMs());
    // A store that cannot say how large it is will say so at the next write as well.
    parts.store.sizeBytes().then(
      (bytes) => service.storageIs(bytes),
      () => {},
    );
    this.#housekeeping = parts.clock.after(HOUSEKEEPING_EVERY_MS, () => this.#keepHouse(parts, service));
  }
}
