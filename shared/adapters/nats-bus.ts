import { type ConnectionOptions, connect, type NatsConnection, type Subscription as NatsSubscription } from "nats";
import type { Bus, BusStatus, Subject, Subscription } from "../ports/bus.js";
import type { Log } from "../ports/log.js";
import { natsServerOf, natsSubjectOf } from "./nats-address.js";
import { systemRandom } from "./system-random.js";

const ATTEMPT_MS = 2000;
const RETRY_MIN_MS = 250;
const RETRY_JITTER_MS = 500;
const PING_MS = 2000;
const UNANSWERED_PINGS = 2;
const CLOSE_MS = 1000;

export interface NatsBusOptions {
  /** `nats://host:port`, or `tls://host:port`. */
  readonly url: string;
  /** The cell's name, part of every subject. */
  readonly cell: string;
  /** For people who look at the NATS server's list of connections. */
  readonly name: string;
  readonly log: Log;
}

/**
 * Joins the cell's subjects on a NATS server. Resolves when the first attempt to reach it has succeeded or
 * failed; from then on the bus keeps trying by itself, for ever.
 *
 * @throws {Fault} `invalid_input` for a URL or a cell's name that cannot be right, and for nothing else.
 */
export async function connectNatsBus(options: NatsBusOptions): Promise<Bus> {
  const bus = new NatsBus(options);
  await bus.connect();
  return bus;
}

interface Subscriber {
  readonly subject: Subject;
  readonly onMessage: (message: string) => void;
  /** Undefined while there has been no connection yet. */
  onServer: NatsSubscription | undefined;
}

/**
 * The NATS client reconnects by itself, but only once it has been connected; and a connect that waits for its
 * first server cannot be called off. So the first connection is sought here, and sought anew should the
 * client ever give up. The client also keeps what is published while there is no server, without bound, only
 * to drop it at the reconnect: here it is dropped at once.
 */
class NatsBus implements Bus {
  readonly #options: NatsBusOptions;
  readonly #connectionOptions: ConnectionOptions;
  readonly #subscribers = new Set<Subscriber>();
  readonly #watchers = new Set<{ onStatus: (status: BusStatus) => void }>();
  #connection: NatsConnection | undefined;
  #retry: NodeJS.Timeout | undefined;
  #closed: Promise<void> | undefined;
  /** Undefined until the first attempt has ended. */
  #status: BusStatus | undefined;

  constructor(options: NatsBusOptions) {
    this.#options = options;
    this.#connectionOptions = {
      ...natsServerOf(options.url),
      name: options.name,
      timeout: ATTEMPT_MS,
      maxReconnectAttempts: -1,
      reconnectDelayHandler: retryDelayMs,
      ignoreAuthErrorAbort: true,
      pingInterval: PING_MS,
      maxPingOut: UNANSWERED_PINGS,
    };
    natsSubjectOf(options.cell, "rounds"); // a bad name shall fail now
  }

  publish(subject: Subject, message: string): void {
    if (this.#status !== "connected") return;
    try {
      this.#connection?.publish(natsSubjectOf(this.#options.cell, subject), message);
    } catch (error) {
      const reason = reasonOf(error);
      this.#options.log.warn({ subject, characters: message.length, reason }, "A message could not be sent over NATS");
    }
  }

  subscribe(subject: Subject, onMessage: (message: string) => void): Subscription {
    const subscriber: Subscriber = { subject, onMessage, onServer: undefined };
    if (this.#closed === undefined) {
      this.#subscribers.add(subscriber);
      this.#enter(subscriber);
    }
    return {
      unsubscribe: () => {
        if (this.#subscribers.delete(subscriber)) subscriber.onServer?.unsubscribe();
      },
    };
  }

  status(): BusStatus {
    return this.#status ?? "down";
  }

  watchStatus(onStatus: (status: BusStatus) => void): Subscription {
    const watcher = { onStatus };
    this.#watchers.add(watcher);
    return { unsubscribe: () => this.#watchers.delete(watcher) };
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  /** One attempt at a first connection; if it fails, the next is on its way when this resolves. */
  async connect(): Promise<void> {
    try {
      const connection = await connect(this.#connectionOptions);
      if (this.#closed !== undefined) return await connection.close();
      this.#use(connection);
    } catch (error) {
      this.#lose(error);
    }
  }

  #use(connection: NatsConnection): void {
    this.#connection = connection;
    for (const subscriber of this.#subscribers) this.#enter(subscriber);
    void this.#follow(connection);
    void connection.closed().then((error) => this.#lose(error));
    this.#turn("connected");
  }

  #lose(error: unknown): void {
    if (this.#closed !== undefined) return;
    this.#connection = undefined;
    this.#turn("down", reasonOf(error));
    this.#retry = setTimeout(() => void this.connect(), retryDelayMs());
  }

  #enter(subscriber: Subscriber): void {
    if (this.#connection === undefined || this.#connection.isClosed()) return;
    const callback = (error: unknown, message: { string(): string }) => {
      if (error === null) subscriber.onMessage(message.string());
    };
    subscriber.onServer = this.#connection.subscribe(natsSubjectOf(this.#options.cell, subscriber.subject), {
      callback,
    });
  }

  async #follow(connection: NatsConnection): Promise<void> {
    for await (const { type, data } of connection.status()) {
      if (type === "disconnect") this.#turn("down");
      if (type === "reconnect") this.#turn("connected");
      if (type === "error" && this.#status === "connected") {
        this.#options.log.warn({ reason: JSON.stringify(data) }, "The NATS server refused something");
      }
    }
  }

  #turn(status: BusStatus, reason?: string): void {
    if (this.#closed !== undefined || status === this.#status) return;
    this.#status = status;
    const fields = { url: this.#options.url, ...(reason === undefined ? {} : { reason }) };
    if (status === "connected") this.#options.log.info(fields, "Connected to NATS");
    else this.#options.log.warn(fields, "NATS is away; the cell works on, slower, and keeps trying to reach it");
    for (const { onStatus } of [...this.#watchers]) onStatus(status);
  }

  async #close(): Promise<void> {
    clearTimeout(this.#retry);
    const wasConnected = this.#status === "connected";
    this.#status = "down";
    this.#watchers.clear();
    const connection = this.#connection;
    if (wasConnected && connection !== undefined) await within(CLOSE_MS, connection.drain());
    this.#subscribers.clear();
    if (connection !== undefined) await within(CLOSE_MS, connection.close());
  }
}

function retryDelayMs(): number {
  return RETRY_MIN_MS + systemRandom.fraction() * RETRY_JITTER_MS;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : "the connection was closed";
}

/** Waits for the promise, whatever comes of it, but no longer than this. */
async function within(limitMs: number, promise: Promise<unknown>): Promise<void> {
  let timeout: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timeout = setTimeout(resolve, limitMs);
  });
  await Promise.race([promise.catch(() => {}), limit]);
  clearTimeout(timeout);
}
