import type { Clock, Timer } from "../../ports/clock.js";
import type { Log } from "../../ports/log.js";
import { Fault } from "../../protocol/errors.js";
import { LIMITS } from "../../protocol/limits.js";
import type { Commit } from "../../protocol/link.js";
import type { CellService } from "../cell-service.js";
import { lockNameFault } from "../commands.js";
import { CatchUp } from "./catch-up.js";
import { Due } from "./due.js";
import { OpenWatch, type WatchGround } from "./open-watch.js";
import type { Topic } from "./topic.js";
import { Topics } from "./topics.js";
import type { Watch, WatchRequest, WatchSink, WatchTarget } from "./watch.js";
import { type WatchedEvent, watchedEvents } from "./watched-event.js";

export interface WatchesParts {
  readonly service: Pick<CellService, "readCached" | "read" | "mayKeepAlive" | "feed">;
  readonly clock: Pick<Clock, "after" | "afterTurn">;
  readonly log: Pick<Log, "error">;
}

/** How soon a watch tries again that could not be authorised or resynchronised. */
const AGAIN_MS = 500;

/**
 * All watches of a gateway, on one feed.
 *
 * A watcher must see every change, in order, or be told that it did not (P11). The naive hub pushes each event into
 * each socket as it comes: a socket that is not read fills the memory, a permission checked when the watch was opened
 * outlives its token, ten thousand pushes in a row hold up every KeepAlive, and what happened between a snapshot and
 * the first push is lost. So here changes go into the log of their topic, once for all who watch it. Each watch has a
 * place in that log and goes on from there in its own time: a bounded number of watches in a turn, each only while its
 * sink takes more, and only if the token's entry is at hand in that very turn (rule A2). Whoever cannot go on is parked
 * where it is, and costs nothing. The log is bounded: who has fallen out of it, or was there when the feed lost
 * commits, starts over from the state. A watch is in its topic before its snapshot is read (rule W1).
 */
export class Watches {
  readonly #parts: WatchesParts;
  readonly #topics = new Topics<OpenWatch>();
  readonly #byToken = new Map<string, Set<OpenWatch>>();
  readonly #due: Due<OpenWatch>;
  readonly #later = new Set<OpenWatch>();
  readonly #ground: WatchGround;
  #timer: Timer | undefined;
  #catchUp: CatchUp | undefined;
  #unfollow: () => void = () => {};
  #losses = 0;
  #size = 0;
  #events = 0;
  #resyncs = 0;

  constructor(parts: WatchesParts) {
    this.#parts = parts;
    this.#due = new Due(parts.clock, (watch) => watch.advance());
    this.#ground = this.#newGround();
  }

  /** How many are open. */
  get size(): number {
    return this.#size;
  }

  /** How many events were pushed so far. */
  get events(): number {
    return this.#events;
  }

  /** How often a watch was told the state, because it had missed changes. */
  get resyncs(): number {
    return this.#resyncs;
  }

  /**
   * Opens a watch.
   * @throws Fault invalid_lock_name, forbidden, capacity_exceeded, or what a service throws that is still being started
   */
  open(request: WatchRequest, sink: WatchSink): Watch {
    const fault = targetFault(request.target);
    if (fault !== undefined) throw fault;
    if (this.#size >= LIMITS.watchesPerGatewayMax) {
      throw new Fault("capacity_exceeded", "This gateway is full of watches. Use another one.", {
        retryAfterMs: 1_000,
      });
    }
    this.#follow();
    const topic = this.#topics.of(request.target, this.#parts.service.feed.revision);
    const watch = new OpenWatch(this.#ground, topic, request, sink);
    this.#enter(watch);
    this.#due.add(watch);
    return watch;
  }

  /** Ends all watches, without a word to them. */
  close(): void {
    this.#unfollow();
    this.#timer?.cancel();
    for (const topic of this.#topics.all()) {
      for (const watch of topic.watches) watch.close();
    }
  }

  #follow(): void {
    if (this.#catchUp !== undefined) return;
    const { feed } = this.#parts.service;
    this.#unfollow = feed.follow({ onCommit: (commit) => this.#onCommit(commit), onLost: () => this.#onLost() });
    this.#catchUp = new CatchUp(feed);
  }

  #onCommit(commit: Commit): void {
    const touched = new Map<Topic<OpenWatch>, WatchedEvent[]>();
    for (const event of watchedEvents(commit)) {
      for (const topic of this.#topics.covering(event.lock.name)) {
        const events = touched.get(topic);
        if (events === undefined) touched.set(topic, [event]);
        else events.push(event);
      }
    }
    for (const [topic, events] of touched) this.#publish(topic, commit.revision, events);
    for (const { entry, event } of commit.changes) {
      if (event === "token") for (const watch of this.#byToken.get(entry.key) ?? []) watch.doubt();
    }
  }

  #publish(topic: Topic<OpenWatch>, revision: number, events: readonly WatchedEvent[]): void {
    let lowest = Number.POSITIVE_INFINITY;
    for (const watch of topic.watches) {
      lowest = Math.min(lowest, watch.toldUpTo);
      this.#due.add(watch);
    }
    topic.forgetUpTo(lowest);
    topic.add({ revision, events });
  }

  #onLost(): void {
    this.#losses += 1;
    const { revision } = this.#parts.service.feed;
    for (const topic of this.#topics.all()) {
      topic.startOver(revision);
      for (const watch of topic.watches) this.#due.add(watch);
    }
  }

  #enter(watch: OpenWatch): void {
    const { key } = watch.request.credential;
    watch.topic.watches.add(watch);
    const ofToken = this.#byToken.get(key);
    if (ofToken === undefined) this.#byToken.set(key, new Set([watch]));
    else ofToken.add(watch);
    this.#size += 1;
  }

  #leave(watch: OpenWatch): void {
    const { credential, target } = watch.request;
    watch.topic.watches.delete(watch);
    if (watch.topic.watches.size === 0) this.#topics.remove(target);
    const ofToken = this.#byToken.get(credential.key);
    ofToken?.delete(watch);
    if (ofToken?.size === 0) this.#byToken.delete(credential.key);
    this.#later.delete(watch);
    this.#size -= 1;
  }

  #wakeLater(watch: OpenWatch): void {
    this.#later.add(watch);
    this.#timer ??= this.#parts.clock.after(AGAIN_MS, () => {
      this.#timer = undefined;
      for (const each of this.#later) this.#due.add(each);
      this.#later.clear();
    });
  }

  #newGround(): WatchGround {
    return {
      service: this.#parts.service,
      losses: () => this.#losses,
      since: (revision) => (this.#catchUp as CatchUp).since(revision),
      wake: (watch) => this.#due.add(watch),
      wakeLater: (watch) => this.#wakeLater(watch),
      leave: (watch) => this.#leave(watch),
      noteEvents: (count) => {
        this.#events += count;
      },
      noteResync: () => {
        this.#resyncs += 1;
      },
      noteBug: (error) => this.#parts.log.error({ err: error }, "a watch failed"),
    };
  }
}

function targetFault(target: WatchTarget): Fault | undefined {
  if ("name" in target) return lockNameFault(target.name);
  if (Buffer.byteLength(target.prefix) <= LIMITS.lockNameBytesMax) return undefined;
  return new Fault("invalid_lock_name", "Invalid prefix: it is longer than any lock name.");
}
