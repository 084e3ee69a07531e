import { Deferred } from "../base/deferred.js";
import { isPassing, NoReply, OctofleetError } from "../base/error.js";
import { TIMING } from "../base/timing.js";
import { abortable, pause } from "../base/waiting.js";
import type { Fleet } from "../fleet/fleet.js";
import type { Timer } from "../ports/clock.js";
import type { Platform } from "../ports/platform.js";
import { Backoff } from "./backoff.js";
import { Connection } from "./connection.js";
import type { Ending } from "./ending.js";
import type { Asked, Push, Reply, RequestType } from "./messages.js";

/** Who lives by the client's connection. */
export interface LinkFollower {
  /** There is a connection, or another one than before. */
  onUp(connection: Connection): void;
  /** It is lost; there may be another one in a while. */
  onDown(): void;
  /** Said unasked on the present connection. */
  onPush(connection: Connection, push: Push): void;
  /** There will be none any more. */
  onOver(error: OctofleetError): void;
}

export interface LinkParts {
  readonly platform: Platform;
  readonly fleet: Fleet;
  readonly token: string;
}

/** What is known of the fleet is good enough for the first tries: after a proxy's death, tens of thousands make them. */
const FAILURES_TILL_REFRESH = 3;
const TRIES_TO_LEAVE = 3;

/** The part of the time given for leaving that is used, so that the last to leave is not late. */
const LEAVING_SHARE = 0.8;

/**
 * The client's one connection to the cell, whichever gateway it leads to.
 *
 * A client that is told to leave, or whose gateway does not serve it, first connects elsewhere and then leaves: the
 * old connection is used until the new one is there. One that lost its connection is one of very many, because a
 * process died; so it comes back at a random moment.
 */
export class Link {
  readonly #parts: LinkParts;
  readonly #backoff: Backoff;
  readonly #followers = new Set<LinkFollower>();
  #current: Connection | undefined;
  #next: Connection | undefined;
  #timer: Timer | undefined;
  #up = new Deferred<Connection>();
  #over: OctofleetError | undefined;
  readonly #ending = new AbortController();
  /** How many more gateways are tried before the present one is found good enough after all. */
  #triesToLeave = 0;
  #failures = 0;

  constructor(parts: LinkParts) {
    this.#parts = parts;
    this.#backoff = new Backoff(parts.platform.random);
  }

  get connection(): Connection | undefined {
    return this.#current;
  }

  /** Calls `follower` from now on, at once if there is a connection already, until the returned function is called. */
  follow(follower: LinkFollower): () => void {
    this.#followers.add(follower);
    if (this.#over !== undefined) follower.onOver(this.#over);
    else if (this.#current !== undefined) follower.onUp(this.#current);
    return () => void this.#followers.delete(follower);
  }

  start(): void {
    if (this.#over === undefined) this.#connectAfter(0);
  }

  /** The present connection, or the next one. Rejects if there will be none, or with the signal's reason. */
  up(signal?: AbortSignal): Promise<Connection> {
    return abortable(this.#current === undefined ? this.#up.promise : Promise.resolve(this.#current), signal);
  }

  /** Asks until it is answered: over as many connections as it takes, for `readRetryMs` at most. For reads. */
  async read<Type extends RequestType>(type: Type, asked: Asked<Type>, signal?: AbortSignal): Promise<Reply<Type>> {
    const { clock } = this.#parts.platform;
    const backoff = new Backoff(this.#parts.platform.random);
    const untilMs = clock.monotonicMs() + TIMING.readRetryMs;
    for (;;) {
      try {
        const connection = await this.#upWithin(untilMs - clock.monotonicMs(), signal);
        return await abortable(connection.request(type, asked), signal);
      } catch (error) {
        signal?.throwIfAborted();
        if (!isPassing(error)) throw error;
        const waitMs = backoff.nextMs(error instanceof OctofleetError ? error.retryAfterMs : 0);
        if (clock.monotonicMs() + waitMs >= untilMs) throw unanswered(error);
        await abortable(pause(clock, waitMs, this.#ending.signal), signal);
      }
    }
  }

  /** Goes to another gateway if there is one that takes us; until then the present one is used. */
  move(): void {
    if (this.#current === undefined || this.#triesToLeave > 0) return;
    this.#triesToLeave = TRIES_TO_LEAVE;
    this.#connectAfter(0);
  }

  /** Ends the connection, and all that waits for one. */
  close(error: OctofleetError): void {
    if (this.#over !== undefined) return;
    this.#over = error;
    this.#ending.abort(error);
    this.#timer?.cancel();
    this.#next?.close();
    this.#current?.close();
    this.#current = undefined;
    this.#up.reject(error);
    this.#up = new Deferred(); // that one may have been resolved before
    this.#up.reject(error);
    for (const follower of [...this.#followers]) follower.onOver(error);
    this.#followers.clear();
  }

  async #upWithin(withinMs: number, signal?: AbortSignal): Promise<Connection> {
    if (this.#current !== undefined) return this.#current;
    const late = new Deferred<never>();
    const timer = this.#parts.platform.clock.after(withinMs, () => late.reject(new NoReply("No gateway was reached.")));
    try {
      return await abortable(Promise.race([this.#up.promise, late.promise]), signal);
    } finally {
      timer.cancel();
    }
  }

  #connectAfter(delayMs: number): void {
    this.#timer?.cancel();
    this.#timer = this.#parts.platform.clock.after(delayMs, () => {
      this.#timer = undefined;
      this.#connect();
    });
  }

  #connect(): void {
    const { fleet, platform, token } = this.#parts;
    const place = fleet.next(this.#current?.url);
    if (place === undefined) {
      this.#triesToLeave = 0;
      if (this.#current === undefined) this.close(fleet.refusal ?? noGateway());
      return;
    }
    if (place.waitMs > 0) {
      this.#connectAfter(place.waitMs);
      return;
    }
    this.#next = new Connection({
      platform,
      token,
      url: place.url,
      listener: {
        onUp: (connection) => this.#adopt(connection),
        onPush: (connection, push) => this.#onPush(connection, push),
        onSuspect: (connection) => connection === this.#current && this.move(),
        onDown: (connection, ending) => this.#onDown(connection, ending),
      },
    });
  }

  #adopt(connection: Connection): void {
    const left = this.#current;
    this.#next = undefined;
    this.#current = connection;
    this.#triesToLeave = 0;
    this.#failures = 0;
    this.#backoff.reset();
    this.#parts.fleet.serves(connection.url);
    left?.close();
    this.#up.resolve(connection);
    for (const follower of [...this.#followers]) follower.onUp(connection);
  }

  #onPush(connection: Connection, push: Push): void {
    if (connection !== this.#current) return;
    if (push.type === "goAway") {
      this.#parts.fleet.tell(push.proxies);
      this.#parts.fleet.avoid(connection.url, push.withinMs);
      this.#leaveWithin(push.withinMs);
    }
    for (const follower of [...this.#followers]) follower.onPush(connection, push);
  }

  #leaveWithin(withinMs: number): void {
    this.#triesToLeave = Number.POSITIVE_INFINITY;
    if (this.#next !== undefined) return;
    this.#connectAfter(withinMs * LEAVING_SHARE * this.#parts.platform.random.fraction());
  }

  #onDown(connection: Connection, ending: Ending): void {
    if (ending.everywhere) {
      this.close(ending.error);
      return;
    }
    const wasUsed = connection === this.#current;
    if (wasUsed) {
      this.#current = undefined;
      this.#up = new Deferred();
      for (const follower of [...this.#followers]) follower.onDown();
    } else {
      this.#next = undefined;
    }
    this.#judge(connection.url, ending);
    if (!wasUsed) this.#triesToLeave -= 1;
    const isContent = this.#current !== undefined && this.#triesToLeave <= 0;
    if (this.#over !== undefined || this.#next !== undefined || isContent) return;
    this.#connectAfter(wasUsed ? this.#spreadMs(ending) : this.#backoff.nextMs());
  }

  #judge(url: string, ending: Ending): void {
    const { fleet, platform } = this.#parts;
    const spreadMs = TIMING.lostSpreadMs * platform.random.fraction();
    if (ending.reconnect === "never") fleet.strike(url, ending.error);
    else if (ending.reconnect === "later") fleet.avoid(url, (ending.retryAfterMs ?? TIMING.lostSpreadMs) + spreadMs);
    else fleet.failed(url, TIMING.lostSpreadMs + spreadMs);
    this.#failures += 1;
    if (this.#failures % FAILURES_TILL_REFRESH === 0) void fleet.refresh();
  }

  /** A gateway that stops in good order has told us to leave before, and spread us then. */
  #spreadMs(ending: Ending): number {
    const spreadMs = ending.reconnect === "now" ? TIMING.backoffFirstMs : TIMING.lostSpreadMs;
    return spreadMs * this.#parts.platform.random.fraction();
  }
}

const noGateway = (): OctofleetError =>
  new OctofleetError("upstream_unavailable", "There is no gateway to connect to.", { retry: "never" });

const unanswered = (error: unknown): OctofleetError =>
  error instanceof OctofleetError
    ? error
    : new OctofleetError("upstream_unavailable", error instanceof Error ? error.message : "No reply came.");
