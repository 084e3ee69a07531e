import { Deferred } from "../base/deferred.js";
import { isPassing, NoReply, OctofleetError } from "../base/error.js";
import { Backoff } from "../link/backoff.js";
import type { Connection } from "../link/connection.js";
import type { Link } from "../link/link.js";
import type { Push, WatchEvent } from "../link/messages.js";
import type { Timer } from "../ports/clock.js";
import type { Platform } from "../ports/platform.js";
import { targetOf, viewOf, type WatchItem, type WatchState, type WatchTarget } from "./items.js";
import { Position } from "./position.js";

/** A consumer that is farther behind is not followed any longer, and told a new state when it comes again. */
const ITEMS_MAX = 1_000;

export interface WatchOptions {
  /** Ends the watch: the iteration throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The changes of locks, as an async iterable: in order, over reconnects, and where something was missed, with the state
 * to go on from (promise P11). One that is not read holds no more than a bounded number of items, and costs the cell
 * nothing from then on.
 */
export class Watch implements AsyncIterableIterator<WatchItem> {
  readonly #platform: Platform;
  readonly #link: Link;
  readonly #target: { readonly name: string } | { readonly prefix: string };
  readonly #signal: AbortSignal | undefined;
  readonly #position = new Position();
  #unfollow: (() => void) | undefined;
  readonly #onAbort = () => this.#end({ thrown: this.#signal?.reason });
  readonly #readers: Deferred<IteratorResult<WatchItem, undefined>>[] = [];
  #items: WatchItem[] = [];
  #connection: Connection | undefined;
  #requestId: number | undefined;
  #retry: Timer | undefined;
  readonly #backoff: Backoff;
  #hasBegun = false;
  #isBehind = false;
  #ending: { readonly thrown?: unknown } | undefined;

  constructor(parts: { platform: Platform; link: Link; target: WatchTarget; options: WatchOptions }) {
    const { platform, link, target, options } = parts;
    this.#platform = platform;
    this.#backoff = new Backoff(platform.random);
    this.#target = targetOf(target);
    this.#signal = options.signal;
    this.#link = link;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The next item, as soon as there is one. */
  next(): Promise<IteratorResult<WatchItem, undefined>> {
    const reader = new Deferred<IteratorResult<WatchItem, undefined>>();
    this.#readers.push(reader);
    if (this.#unfollow === undefined) this.#start();
    this.#feed();
    return reader.promise;
  }

  /** Ends the watch; `for await` calls it when its loop is left. */
  return(): Promise<IteratorResult<WatchItem, undefined>> {
    this.#items = [];
    this.#end({});
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.return().then(() => {});
  }

  /** Nothing is watched before somebody wants to see it. */
  #start(): void {
    this.#unfollow = () => {};
    if (this.#ending !== undefined) return;
    if (this.#signal?.aborted) this.#onAbort();
    else this.#follow();
  }

  #follow(): void {
    this.#signal?.addEventListener("abort", this.#onAbort, { once: true });
    this.#unfollow = this.#link.follow({
      onUp: (connection) => this.#begin(connection),
      onDown: () => this.#leave(),
      onPush: (connection, push) => this.#onPush(connection, push),
      onOver: (error) => this.#end(error.code === "shutting_down" ? {} : { thrown: error }),
    });
  }

  #feed(): void {
    while (this.#readers.length > 0 && this.#items.length > 0) {
      this.#readers.shift()?.resolve({ done: false, value: this.#items.shift() as WatchItem });
    }
    if (this.#readers.length === 0) return;
    if (this.#ending !== undefined) this.#finish(this.#ending);
    else if (this.#isBehind) this.#comeAgain();
  }

  /** An error is thrown once; after it there is nothing more. */
  #finish(end: { readonly thrown?: unknown }): void {
    this.#ending = {};
    if ("thrown" in end) this.#readers.shift()?.reject(end.thrown);
    for (const reader of this.#readers.splice(0)) reader.resolve({ done: true, value: undefined });
  }

  #end(end: { readonly thrown?: unknown }): void {
    if (this.#ending !== undefined) return;
    this.#ending = end;
    this.#unwatch();
    this.#leave();
    this.#unfollow?.();
    this.#signal?.removeEventListener("abort", this.#onAbort);
    this.#feed();
  }

  #leave(): void {
    this.#retry?.cancel();
    this.#connection = undefined;
    this.#requestId = undefined;
  }

  /** Watches on a connection, from where the watch has come to. */
  #begin(connection: Connection): void {
    this.#leave();
    this.#connection = connection;
    if (this.#isBehind || this.#ending !== undefined) return;
    const { after } = this.#position;
    const asked = { ...this.#target, ...(after !== undefined && { after }) };
    this.#requestId = connection.ask("watch", asked, (reply, error) => {
      if (this.#connection !== connection || this.#ending !== undefined) return;
      if (reply === undefined) this.#refused(connection, error);
      else if (reply.locks === undefined) this.#backoff.reset();
      else this.#restart({ revision: reply.revision, locks: reply.locks.map(viewOf) });
    });
  }

  #refused(connection: Connection, error: Error | undefined): void {
    if (!isPassing(error)) {
      this.#end({ thrown: error });
      return;
    }
    if (error instanceof NoReply) this.#unwatch(); // it may be open all the same
    const hintMs = error instanceof OctofleetError ? error.retryAfterMs : 0;
    this.#retry = this.#platform.clock.after(this.#backoff.nextMs(hintMs), () => {
      if (!connection.isOver) this.#begin(connection);
    });
  }

  #onPush(connection: Connection, push: Push): void {
    if (!("watch" in push) || push.watch !== this.#requestId || connection !== this.#connection) return;
    if (push.type === "resync") this.#restart({ revision: push.revision, locks: push.locks.map(viewOf) });
    else this.#change(push);
  }

  #restart(state: Omit<WatchState, "type">): void {
    this.#backoff.reset();
    this.#position.forget();
    this.#position.completed(state.revision);
    this.#items = []; // overtaken
    this.#give({ type: this.#hasBegun ? "resync" : "snapshot", ...state });
    this.#hasBegun = true;
  }

  #change({ revision, event, lock }: WatchEvent): void {
    if (this.#position.isNews(revision, lock.name)) this.#give({ type: "change", revision, event, lock: viewOf(lock) });
  }

  #give(item: WatchItem): void {
    this.#items.push(item);
    if (this.#items.length > ITEMS_MAX) this.#fallBehind();
    this.#feed();
  }

  #fallBehind(): void {
    this.#items = [];
    this.#isBehind = true;
    this.#position.forget();
    this.#unwatch();
  }

  #comeAgain(): void {
    this.#isBehind = false;
    if (this.#connection !== undefined) this.#begin(this.#connection);
  }

  /** A gateway that cannot ask the master lets nobody in for the moment, and goes on telling. */
  #unwatch(): void {
    if (this.#requestId !== undefined) this.#connection?.insist("unwatch", { watch: this.#requestId });
    this.#requestId = undefined;
  }
}
