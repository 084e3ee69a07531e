/** What travels on the bus: rounds and events from the master, acks from the proxies. */
export const SUBJECTS = ["rounds", "events", "acks"] as const;
export type Subject = (typeof SUBJECTS)[number];

/** A subscription, or any other standing arrangement that can be ended. */
export interface Subscription {
  /** Ends it. No call arrives afterwards. Harmless the second time. */
  unsubscribe(): void;
}

/**
 * `connected`: messages are travelling, as far as anybody can tell. `down`: they are not, for now.
 * `off`: this process was given no bus at all.
 */
export type BusStatus = "connected" | "down" | "off";

/**
 * The fast path between master and proxies. It may lose, duplicate, delay and reorder; nothing is ever
 * true because a message did not arrive.
 */
export interface Bus {
  /** Sends to every subscriber of the subject in the cell, the sender's own too. Never throws, never waits: what cannot be sent is lost. */
  publish(subject: Subject, message: string): void;
  /** Calls `onMessage` for each message. It must not throw. */
  subscribe(subject: Subject, onMessage: (message: string) => void): Subscription;
  /** The state right now. */
  status(): BusStatus;
  /** Calls `onStatus` at each change of state. */
  watchStatus(onStatus: (status: BusStatus) => void): Subscription;
  /** Sends what is buffered, ends every subscription and lets go of the connection. */
  close(): Promise<void>;
}
