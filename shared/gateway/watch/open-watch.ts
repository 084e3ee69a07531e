import { Fault, faultOf } from "../../protocol/errors.js";
import { LIMITS } from "../../protocol/limits.js";
import type { CellService, View } from "../cell-service.js";
import { principalOf } from "../credentials.js";
import type { Since } from "../feed.js";
import { heldLocksOf } from "../lock-status.js";
import type { Batch, Follower, Topic } from "./topic.js";
import type { Watch, WatchRequest, WatchSink, WatchState } from "./watch.js";
import { watchedEvents } from "./watched-event.js";

/** What a watch needs of its hub. */
export interface WatchGround {
  readonly service: Pick<CellService, "readCached" | "read" | "mayKeepAlive" | "feed">;
  /** How often the feed has lost commits. */
  losses(): number;
  since(revision: number): Promise<Since>;
  /** Has a watch advance soon. */
  wake(watch: OpenWatch): void;
  /** Has a watch advance after a while. */
  wakeLater(watch: OpenWatch): void;
  /** Forgets a watch that is over. */
  leave(watch: OpenWatch): void;
  noteEvents(count: number): void;
  noteResync(): void;
  noteBug(error: unknown): void;
}

/**
 * `starting`: it was told nothing yet. `live`: it was told all changes up to some revision. `lost`: it missed some that
 * nobody knows any more.
 */
type Phase = "starting" | "live" | "lost" | "ended";

/** One watch: how far it is, and what it does next. */
export class OpenWatch implements Watch, Follower {
  readonly request: WatchRequest;
  readonly topic: Topic<OpenWatch>;
  readonly #ground: WatchGround;
  readonly #sink: WatchSink;
  readonly #tokenKeys: readonly string[];
  #phase: Phase = "starting";
  /** The cell was asked something and has not answered. */
  #busy = false;
  /** Its token may have been revoked. */
  #doubted = false;
  /** Still to be told before what is in the topic's log: for a watch that goes on where an earlier one was. */
  #past: Batch[] = [];
  #toldUpTo: number;
  #losses: number;

  constructor(ground: WatchGround, topic: Topic<OpenWatch>, request: WatchRequest, sink: WatchSink) {
    this.#ground = ground;
    this.topic = topic;
    this.request = request;
    this.#sink = sink;
    this.#tokenKeys = [request.credential.key];
    this.#toldUpTo = ground.service.feed.revision;
    this.#losses = ground.losses();
  }

  get toldUpTo(): number {
    return this.#toldUpTo;
  }

  drained(): void {
    if (!this.#over()) this.#ground.wake(this);
  }

  close(): void {
    if (this.#over()) return;
    this.#phase = "ended";
    this.#ground.leave(this);
  }

  /** Its token may have been revoked: to be looked at, even if there is nothing to tell. */
  doubt(): void {
    this.#doubted = true;
    this.#ground.wake(this);
  }

  /** Does what can be done in this turn. To be called whenever something has changed. */
  advance(): void {
    if (this.#busy || this.#over()) return;
    try {
      if (this.#phase === "starting") this.#ask(() => this.#start());
      else if (this.#phase === "lost" || this.#losses !== this.#ground.losses()) this.#lose();
      else this.#tell();
    } catch (error) {
      this.#failed(error);
    }
  }

  async #start(): Promise<boolean> {
    const { after } = this.request;
    if (after !== undefined && (await this.#resume(after))) return true;
    const state = await this.#state();
    if (this.#over() || !this.#sink.ready()) return false; // others began meanwhile: read anew when it is their turn
    this.#phase = "live";
    this.#sink.started(state);
    return true;
  }

  /** Goes on after a revision that an earlier watch was told. False if what came since cannot be told any more. */
  async #resume(after: number): Promise<boolean> {
    this.#losses = this.#ground.losses();
    let past: Batch[] = [];
    let toldUpTo = after;
    if (after > this.#ground.service.feed.revision || !this.topic.reachesBackTo(after)) {
      const since = await this.#ground.since(after);
      if (since === "compacted") return false;
      past = this.#batches(since.commits, after);
      if (past.length > LIMITS.watchLogCommitsMax) return false;
      toldUpTo = since.revision;
    }
    this.#toldUpTo = toldUpTo;
    this.#principalIn(await this.#read(this.#tokenKeys));
    if (this.#over()) return true;
    this.#past = past;
    this.#phase = "live";
    this.#sink.started({ revision: after });
    return true;
  }

  /** Passes on what is in the log and new, if the token's entry allows it at this moment (rule A2). */
  #tell(): void {
    if (!this.#doubted && (this.#next() === undefined || !this.#sink.ready())) return;
    if (!this.#authorised()) {
      this.#ask(() => this.#readToken());
      return;
    }
    this.#doubted = false;
    let batch = this.#next();
    while (batch !== undefined && batch !== "gone" && this.#sink.ready()) {
      this.#tellBatch(batch);
      if (this.#over()) return;
      batch = this.#next();
    }
    if (batch === "gone") this.#lose();
  }

  #next(): Batch | "gone" | undefined {
    return this.#past[0] ?? this.topic.next(this.#toldUpTo);
  }

  #tellBatch(batch: Batch): void {
    if (this.#past[0] === batch) this.#past.shift();
    else this.#toldUpTo = batch.revision;
    const { events } = batch;
    for (let at = 0; at < events.length; at += 1) {
      this.#sink.event(events[at] as (typeof events)[number], at + 1 < events.length);
      if (this.#over()) return;
    }
    this.#ground.noteEvents(events.length);
  }

  /** Notes that changes were missed, and tells the state instead as soon as the sink takes it (P11). */
  #lose(): void {
    this.#phase = "lost";
    this.#past = [];
    this.#toldUpTo = Number.POSITIVE_INFINITY;
    if (this.#sink.ready()) this.#ask(() => this.#resync());
  }

  async #resync(): Promise<boolean> {
    if (!this.#ground.service.mayKeepAlive()) {
      this.#ground.wakeLater(this);
      return false;
    }
    const state = await this.#state();
    if (this.#over()) return false;
    if (!this.#sink.ready()) {
      this.#lose();
      return false;
    }
    if (!this.#authorised()) {
      this.#ground.wakeLater(this);
      return false;
    }
    this.#phase = "live";
    this.#sink.resync(state);
    this.#ground.noteResync();
    return true;
  }

  /**
   * The state to start from. The topic's log is complete from the feed's revision of now on; so whatever the state does
   * not hold yet will be told (rule W1).
   */
  async #state(): Promise<WatchState> {
    const { feed } = this.#ground.service;
    this.#losses = this.#ground.losses();
    this.#toldUpTo = feed.revision;
    const view = await this.#read([...this.#tokenKeys, this.topic.key]);
    this.#principalIn(view);
    const entry = view.entries[1];
    if (entry === undefined) throw new Error("a view without the entry that was asked for");
    this.#toldUpTo = Math.max(this.#toldUpTo, entry.revision);
    return { revision: this.#toldUpTo, locks: heldLocksOf(entry) };
  }

  /** Has the token's entry fetched. True if things may go on, that is if it could be kept. */
  async #readToken(): Promise<boolean> {
    const { service } = this.#ground;
    if (service.mayKeepAlive()) {
      this.#principalIn(await service.read(this.#tokenKeys, {}));
      if (service.readCached(this.#tokenKeys) !== undefined) return true;
    }
    this.#ground.wakeLater(this);
    return false;
  }

  async #read(keys: readonly string[]): Promise<View> {
    const { service } = this.#ground;
    return service.readCached(keys) ?? (await service.read(keys, {}));
  }

  /** Whether the token's entry is at hand. @throws Fault authentication_failed if it says no */
  #authorised(): boolean {
    const view = this.#ground.service.readCached(this.#tokenKeys);
    return view !== undefined && this.#principalIn(view) !== undefined;
  }

  #principalIn(view: View): string {
    const principal = principalOf(this.request.credential, view.entries[0]);
    if (principal !== undefined) return principal;
    throw new Fault("authentication_failed", "The token is not known here, or was revoked.");
  }

  #batches(commits: Exclude<Since, "compacted">["commits"], after: number): Batch[] {
    const batches: Batch[] = [];
    for (const commit of commits) {
      if (commit.revision <= after) continue;
      const events = watchedEvents(commit).filter(({ lock }) => this.topic.covers(lock.name));
      if (events.length > 0) batches.push({ revision: commit.revision, events });
    }
    return batches;
  }

  /** Asks the cell. Nothing else is done meanwhile; afterwards things go on, if the question says so. */
  #ask(question: () => Promise<boolean>): void {
    this.#busy = true;
    const settle = (goesOn: boolean): void => {
      this.#busy = false;
      if (goesOn) this.advance();
    };
    question().then(settle, (error) => {
      this.#failed(error);
      settle(false);
    });
  }

  /** A watch that runs survives a cell that cannot be asked just now, and is caught up later. */
  #failed(error: unknown): void {
    if (this.#over()) return;
    const fault = faultOf(error);
    const isBug = fault.code === "internal_error";
    if (isBug) this.#ground.noteBug(error);
    if (!isBug && this.#phase !== "starting" && fault.code !== "authentication_failed") {
      this.#ground.wakeLater(this);
      return;
    }
    this.close();
    this.#sink.ended(fault);
  }

  #over(): boolean {
    return this.#phase === "ended";
  }
}
