/** So many more watchers, of one key. */
export interface WatchersOpen {
  readonly url: string;
  /** Null at the floor: whoever is there is told everything. */
  readonly token: string | null;
  readonly localAddress: string;
  readonly name: string;
  readonly count: number;
}

export type ToWatchers =
  | (WatchersOpen & { readonly do: "open" })
  /** One more socket, with so many watches of the key on it, that reads nothing any more. */
  | (Omit<WatchersOpen, "count"> & { readonly do: "stick"; readonly watches: number })
  | { readonly do: "unstick" }
  /** When all watchers have been told of this mark, or the time is over. */
  | { readonly do: "take"; readonly mark: string; readonly withinMs: number };

/** When each watcher was told of one change, in ms of the machine's monotonic clock, in order. */
export interface Told {
  readonly atMs: readonly number[];
  /** Watchers that were told to start over, or lost their socket, so far. */
  readonly failures: number;
}
