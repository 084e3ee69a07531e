import { OctofleetError } from "./base/error.js";
import { TIMING } from "./base/timing.js";
import { settledWithin } from "./base/waiting.js";
import { cleanUrl, Fleet } from "./fleet/fleet.js";
import { Link } from "./link/link.js";
import type { Timer } from "./ports/clock.js";
import type { Platform } from "./ports/platform.js";
import type { WaitOptions } from "./session/lock.js";
import { Session, type SessionOptions } from "./session/session.js";
import { viewOf, type WatchTarget } from "./watch/items.js";
import { type Primary, primariesOf, primaryOf } from "./watch/primary.js";
import { Watch, type WatchOptions } from "./watch/watch.js";

export interface ConnectOptions {
  /** HTTP URLs of one or more gateways of the cell; the client learns of the others from them. */
  readonly proxies: readonly string[];
  /** Who the client is. It is sent within the connection, never in a URL. */
  readonly token: string;
  /** Where the client is; gateways of the same zone are preferred. */
  readonly zone?: string | undefined;
  /** Ends the connecting. */
  readonly signal?: AbortSignal | undefined;
}

/** A client of a cell: one connection to the nearest gateway that serves, and whatever lives by it. */
export class Client {
  readonly #platform: Platform;
  readonly #fleet: Fleet;
  readonly #link: Link;
  readonly #sessions = new Set<Session>();
  #refreshTimer: Timer | undefined;
  #closing: Promise<void> | undefined;

  /** Connects to a cell. Rejects if none of its gateways was reached within 30 s, or the token is not good. */
  static async connect(platform: Platform, options: ConnectOptions): Promise<Client> {
    const { signal } = options;
    signal?.throwIfAborted();
    const client = new Client(platform, options);
    const timer = platform.clock.after(TIMING.firstConnectMs, () => client.#link.close(notReached(options.proxies)));
    try {
      await client.#start(signal);
      return client;
    } catch (error) {
      await client.close();
      throw error;
    } finally {
      timer.cancel();
    }
  }

  private constructor(platform: Platform, { proxies, token, zone }: ConnectOptions) {
    this.#platform = platform;
    this.#fleet = new Fleet({ platform, token, proxies: proxies.map(gatewayUrl), zone });
    this.#link = new Link({ platform, fleet: this.#fleet, token });
  }

  /** The gateway in use; undefined while there is none. */
  get proxy(): string | undefined {
    return this.#link.connection?.url;
  }

  /** Opens a session: what holds locks. Rejects with an `OctofleetError`, or the signal's reason. */
  async openSession({ signal, ...options }: SessionOptions & WaitOptions = {}): Promise<Session> {
    this.#throwIfClosed();
    signal?.throwIfAborted();
    const onOver = () => void this.#sessions.delete(session);
    const session = new Session({ platform: this.#platform, link: this.#link, options, onOver });
    this.#sessions.add(session);
    await session.open(signal);
    return session;
  }

  /** Who holds a lock, or null: as fresh as the master's own answer, and mostly from the gateway's cache. */
  async primary(name: string, { signal }: WaitOptions = {}): Promise<Primary | null> {
    this.#throwIfClosed();
    const { lock } = await this.#link.read("status", { name }, signal);
    return primaryOf(viewOf(lock));
  }

  /** The holders of a lock, beginning with the present one: an async iterable that ends with the client. */
  watchPrimary(name: string, options: WatchOptions = {}): AsyncIterableIterator<Primary | null> {
    return primariesOf(() => this.watch({ name }, options));
  }

  /** The changes of a lock, or of all locks under a prefix, beginning with a snapshot. */
  watch(target: WatchTarget, options: WatchOptions = {}): Watch {
    this.#throwIfClosed();
    return new Watch({ platform: this.#platform, link: this.#link, target, options });
  }

  /** Closes the sessions, ends the watches, and lets go of the connection. Never rejects. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** `await using client = …` closes it, where the runtime has it. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #start(signal: AbortSignal | undefined): Promise<void> {
    await settledWithin(this.#platform.clock, this.#fleet.refresh(), TIMING.measureMs);
    signal?.throwIfAborted();
    this.#link.start();
    await this.#link.up(signal);
    this.#refreshLater();
  }

  /** At a random moment: clients that started together shall not ask together. */
  #refreshLater(): void {
    const delayMs = TIMING.learnEveryMs * (0.5 + this.#platform.random.fraction());
    this.#refreshTimer = this.#platform.clock.after(delayMs, () => {
      void this.#fleet.refresh();
      this.#refreshLater();
    });
  }

  async #close(): Promise<void> {
    this.#refreshTimer?.cancel();
    await Promise.all([...this.#sessions].map((session) => session.close()));
    this.#link.close(closed());
  }

  #throwIfClosed(): void {
    if (this.#closing !== undefined) throw closed();
  }
}

function gatewayUrl(url: string): string {
  const clean = cleanUrl(url);
  if (clean === undefined) throw new OctofleetError("invalid_input", `${url} is no http or https URL.`);
  return clean;
}

const closed = (): OctofleetError => new OctofleetError("shutting_down", "The client was closed.", { retry: "never" });

const notReached = (proxies: readonly string[]): OctofleetError =>
  new OctofleetError("upstream_unavailable", `No gateway could be reached: ${proxies.join(", ")}.`);
