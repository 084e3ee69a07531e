/** Sockets that read one lock, again and again. */
export interface ReadersOpen {
  readonly url: string;
  /** Null at the floor. */
  readonly token: string | null;
  readonly name: string;
  readonly connections: number;
  /** Requests of each that are under way at a time. */
  readonly inFlight: number;
}

export type ToReaders = (ReadersOpen & { readonly do: "open" }) | { readonly do: "read"; readonly forMs: number };
