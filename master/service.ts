import type { CellService, Readiness, ReadMode, View, Write } from "../shared/gateway/cell-service.js";
import type { Feed } from "../shared/gateway/feed.js";
import type { SessionHost } from "../shared/gateway/session-host.js";
import type { Bus } from "../shared/ports/bus.js";
import type { Answer } from "../shared/protocol/commands.js";
import type { Entry } from "../shared/protocol/entries.js";
import type { Ground } from "./cell/ground.js";
import type { Decider } from "./decider.js";
import type { Reader } from "./reader.js";
import { MASTER_DOOR } from "./sessions/bindings.js";

const WHY_SLOW = {
  connected: undefined,
  down: "The bus is down: changes of what proxies hold wait for the proxies' next renewal, up to a second each.",
  off: "There is no bus: changes of what proxies hold wait for the proxies' next renewal, up to a second each.",
} as const;

/** The cell as the master's own gateway sees it: every read is made from the state, every write decided here. */
export class MasterService implements CellService {
  readonly sessions: SessionHost;
  readonly feed: Feed;
  readonly #ground: Ground;
  readonly #epoch: number;
  readonly #bus: Bus;
  readonly #decider: Decider;
  readonly #reader: Reader;
  #hasTokens = false;
  #storageBytes = 0;

  constructor(parts: {
    ground: Ground;
    epoch: number;
    bus: Bus;
    decider: Decider;
    reader: Reader;
    sessions: SessionHost;
    feed: Feed;
  }) {
    this.sessions = parts.sessions;
    this.feed = parts.feed;
    this.#ground = parts.ground;
    this.#epoch = parts.epoch;
    this.#bus = parts.bus;
    this.#decider = parts.decider;
    this.#reader = parts.reader;
  }

  /** The configured tokens are in force: the service is ready. */
  tokensAreInForce(): void {
    this.#hasTokens = true;
  }

  /** How large the journal was when it was looked at last. */
  storageIs(bytes: number): void {
    this.#storageBytes = bytes;
  }

  readCached(keys: readonly string[]): View | undefined {
    const entries = this.#reader.now(keys);
    return entries === undefined ? undefined : this.#view(entries);
  }

  async read(keys: readonly string[], _mode: ReadMode): Promise<View> {
    await this.#reader.settle(keys);
    return this.#view(this.#reader.entries(keys));
  }

  async execute(write: Write): Promise<Answer> {
    return (await this.#decider.decide(write, MASTER_DOOR)).answer;
  }

  mayKeepAlive(): boolean {
    return true;
  }

  readiness(): Readiness {
    const bus = this.#bus.status();
    const reason = this.#hasTokens ? WHY_SLOW[bus] : "The configured tokens are not in force yet.";
    return {
      ready: this.#hasTokens,
      ...(reason === undefined ? {} : { reason }),
      bus,
      role: "master",
      epoch: this.#epoch,
      revision: this.#ground.counters.revision,
      storageBytes: this.#storageBytes,
    };
  }

  #view(entries: readonly Entry[]): View {
    return { source: "bypass", epoch: this.#epoch, entries, ageMs: 0 };
  }
}
