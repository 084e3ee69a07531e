import { Fault } from "../../protocol/errors.js";
import { LIMITS } from "../../protocol/limits.js";
import type { UpMessage } from "../../protocol/session/up.js";
import type { Credential } from "../credentials.js";
import type { Watch, WatchSink, WatchState, WatchTarget } from "../watch/watch.js";
import type { WatchedEvent } from "../watch/watched-event.js";
import type { Watches } from "../watch/watches.js";
import { text } from "./replies.js";
import type { ReplySocket } from "./reply-socket.js";

type WatchMessage = Extract<UpMessage, { readonly type: "watch" }>;
type UnwatchMessage = Extract<UpMessage, { readonly type: "unwatch" }>;

/** How the one reply to a `watch` ends. */
export interface WatchReplies {
  answered(): void;
  failed(fault: Fault): void;
}

/** The watches of one socket. What is told of them is not sent before the client has read most of what came before. */
export class SocketWatches {
  readonly #hub: Watches;
  readonly #socket: ReplySocket;
  readonly #open = new Map<number, Watch>();

  constructor(hub: Watches, socket: ReplySocket) {
    this.#hub = hub;
    this.#socket = socket;
  }

  /** @throws Fault for what the hub refuses at once, and invalid_input, conflict, capacity_exceeded */
  open(message: WatchMessage, credential: Credential, replies: WatchReplies): void {
    const { id, after } = message;
    if (this.#open.has(id)) throw new Fault("conflict", "A watch of this id is open on this socket.");
    if (this.#open.size >= LIMITS.watchesPerSocketMax) {
      throw new Fault("capacity_exceeded", `A socket has ${LIMITS.watchesPerSocketMax} watches at most.`);
    }
    const target = targetOf(message);
    const ended = (fault: Fault): void => {
      this.#open.delete(id);
      replies.failed(fault);
    };
    const sink = new SocketSink(id, this.#socket, () => this.#drained(), { ...replies, failed: ended });
    this.#open.set(id, this.#hub.open({ credential, target, ...(after !== undefined && { after }) }, sink));
  }

  /** Ends a watch, if it is open. Returns the reply. */
  close({ id, watch: opened }: UnwatchMessage): string {
    this.#open.get(opened)?.close();
    this.#open.delete(opened);
    return text({ type: "unwatched", id });
  }

  closeAll(): void {
    for (const watch of this.#open.values()) watch.close();
    this.#open.clear();
  }

  #drained(): void {
    for (const watch of this.#open.values()) watch.drained();
  }
}

class SocketSink implements WatchSink {
  readonly #id: number;
  readonly #socket: ReplySocket;
  readonly #onDrain: () => void;
  readonly #replies: WatchReplies;

  constructor(id: number, socket: ReplySocket, onDrain: () => void, replies: WatchReplies) {
    this.#id = id;
    this.#socket = socket;
    this.#onDrain = onDrain;
    this.#replies = replies;
  }

  ready(): boolean {
    const isReady = this.#socket.hasRoom;
    if (!isReady) this.#socket.onceDrained(this.#onDrain);
    return isReady;
  }

  started(start: { readonly revision: number; readonly locks?: WatchState["locks"] }): void {
    const { revision, locks } = start;
    const watching = { type: "watching", id: this.#id, revision } as const;
    this.#socket.send(text(locks === undefined ? watching : { ...watching, locks: [...locks] }));
    this.#replies.answered();
  }

  event({ tail }: WatchedEvent, more: boolean): void {
    this.#socket.send(`{"type":"event","watch":${this.#id},${more ? '"more":true,' : ""}${tail}`);
  }

  resync({ revision, locks }: WatchState): void {
    this.#socket.send(text({ type: "resync", watch: this.#id, revision, locks: [...locks] }));
  }

  ended(fault: Fault): void {
    this.#replies.failed(fault);
  }
}

function targetOf({ name, prefix }: WatchMessage): WatchTarget {
  if (name !== undefined && prefix === undefined) return { name };
  if (prefix !== undefined && name === undefined) return { prefix };
  throw new Fault("invalid_input", "Name a lock or a prefix to watch: one of the two.");
}
