import type { Change, Commit } from "../../protocol/link.js";
import type { LockStatus } from "../../protocol/session/status.js";
import { lockStatus } from "../lock-status.js";

export type LockEvent = Exclude<Change["event"], "token">;

/** A change of a lock, as watchers hear of it. One object for all of them, so that its JSON is made once. */
export class WatchedEvent {
  /** Of the commit. */
  readonly revision: number;
  readonly event: LockEvent;
  readonly lock: LockStatus;
  #tail: string | undefined;

  constructor(revision: number, event: LockEvent, lock: LockStatus) {
    this.revision = revision;
    this.event = event;
    this.lock = lock;
  }

  /** `"revision":…,"event":…,"lock":…}`: JSON, but for what each watcher puts in front, from the brace on. */
  get tail(): string {
    const { revision, event, lock } = this;
    this.#tail ??= JSON.stringify({ revision, event, lock }).slice(1);
    return this.#tail;
  }
}

/** A commit's changes of locks, in order. */
export function watchedEvents({ revision, changes }: Commit): WatchedEvent[] {
  const events: WatchedEvent[] = [];
  for (const { entry, event } of changes) {
    if (event !== "token") events.push(new WatchedEvent(revision, event, lockStatus(entry)));
  }
  return events;
}
