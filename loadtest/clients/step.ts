/** What a client, or the operator, does. */
export type Action =
  | { readonly kind: "read"; readonly lock: string; readonly bypass?: boolean; readonly maxStaleMs?: number }
  /** Asks which locks are held whose names begin with the prefix. */
  | { readonly kind: "list"; readonly prefix: string; readonly bypass?: boolean }
  | {
      readonly kind: "acquire";
      readonly lock: string;
      readonly ttlMs: number;
      readonly lockDelayMs: number;
      readonly metadata: string | null;
    }
  /** These three name the newest lease that the client has had of the lock; without one they do nothing. */
  | { readonly kind: "renew"; readonly lock: string; readonly ttlMs: number }
  | { readonly kind: "release"; readonly lock: string }
  | { readonly kind: "setMetadata"; readonly lock: string; readonly metadata: string | null }
  /** Sends the client's last answered command again, under its operation id. */
  | { readonly kind: "repeat" }
  /** The operator's: a user's token is taken from the configuration, or put back. */
  | { readonly kind: "revoke" | "grant"; readonly user: string };

/** Something done at a door. */
export type Deed = Action & {
  /** `master` or the name of a proxy: where it goes first. Retries go elsewhere. */
  readonly door: string;
  /** The client gives up after its first attempt: nobody knows what became of it. */
  readonly abandon?: boolean;
  /** By then its first attempt has to be answered, be it by a refusal: nothing that goes wrong may hold that up. */
  readonly withinMs?: number;
};

/** A client does its steps one after the other, each not before its time. */
export type Step = Deed & {
  readonly atMs: number;
  /** Name of the client; `operator`. */
  readonly by: string;
};
