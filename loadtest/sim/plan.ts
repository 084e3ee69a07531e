import type { Direction } from "../../shared/sim/sim-bus.js";

/**
 * Everything that will be done to a simulated world, as data: who there is, which clients do what and when,
 * and what goes wrong. A plan says nothing of outcomes. So a run can be repeated, written down, and made
 * smaller by leaving parts of it out (see `shrink.ts`).
 */
export interface Plan {
  /** Decides all that the plan leaves to chance: delays, losses, identifiers. */
  readonly seed: number | string;
  readonly proxies: readonly ProxyPlan[];
  /** How fast the master's clock goes, in all its lives. */
  readonly masterRate: number;
  readonly clients: readonly ClientPlan[];
  readonly locks: readonly string[];
  readonly faults: readonly Fault[];
  readonly steps: readonly Step[];
  /** What the network does all the time until it is healed. */
  readonly noise: Noise;
  /** How long faults may happen. Then the world is healed and must converge. */
  readonly faultsForMs: number;
}

export interface ProxyPlan {
  readonly name: string;
  readonly rate: number;
  readonly fillKeysPerS: number;
}

export interface ClientPlan {
  readonly name: string;
  /** Whose token it shows. A user writes through one client only: two would share its locks. */
  readonly user: string;
  readonly rate: number;
}

export interface Noise {
  readonly bus: {
    readonly lossRatio: number;
    readonly duplicateRatio: number;
    readonly delayMs: number;
    readonly reorder: boolean;
  };
  readonly link: { readonly lostBeforeRatio: number; readonly lostAfterRatio: number; readonly delayMs: number };
  readonly client: { readonly lossRatio: number; readonly delayMs: number };
}

export const QUIET: Noise = {
  bus: { lossRatio: 0, duplicateRatio: 0, delayMs: 0.5, reorder: false },
  link: { lostBeforeRatio: 0, lostAfterRatio: 0, delayMs: 0.5 },
  client: { lossRatio: 0, delayMs: 0.5 },
};

export const CALLS = ["register", "renew", "fill", "execute", "events"] as const;
export type CallName = (typeof CALLS)[number];

/** `who`: `master` or the name of a proxy. */
export type Mishap =
  | { readonly kind: "pause"; readonly who: string; readonly forMs: number }
  /** SIGKILL, or for the `machine` a power cut: then the disk forgets what was not synced. */
  | { readonly kind: "crash"; readonly who: string; readonly downMs: number; readonly machine: boolean }
  /** SIGTERM. */
  | { readonly kind: "stop"; readonly who: string; readonly downMs: number }
  | { readonly kind: "cutBus"; readonly who: string; readonly direction: Direction; readonly forMs: number }
  /** Nothing moves on the connection to the bus, and what was sent arrives afterwards. */
  | { readonly kind: "stallBus"; readonly who: string; readonly direction: Direction; readonly forMs: number }
  /** The bus server stops, and everybody knows it. */
  | { readonly kind: "busDown"; readonly forMs: number }
  | {
      readonly kind: "noisyBus";
      readonly lossRatio: number;
      readonly duplicateRatio: number;
      readonly delayMs: number;
      readonly forMs: number;
    }
  | {
      readonly kind: "cutLink";
      readonly who: string;
      readonly direction: "requests" | "replies" | "both";
      readonly forMs: number;
    }
  /** Calls of one kind take up to `delayMs` longer, each way. */
  | {
      readonly kind: "slowLink";
      readonly who: string;
      readonly call: CallName;
      readonly delayMs: number;
      readonly forMs: number;
    }
  | {
      readonly kind: "lossyLink";
      readonly who: string;
      readonly call: CallName;
      readonly where: "before" | "after";
      readonly ratio: number;
      readonly forMs: number;
    }
  | { readonly kind: "stepWall"; readonly who: string; readonly byMs: number }
  | { readonly kind: "diskFull"; readonly forMs: number };

export type Fault = Mishap & { readonly atMs: number };

export type Action =
  | { readonly kind: "read"; readonly lock: string; readonly bypass?: boolean; readonly maxStaleMs?: number }
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

/** A client does its steps one after the other, each not before its time. */
export type Step = Action & {
  readonly atMs: number;
  /** Name of the client; `operator`. */
  readonly by: string;
  /** `master` or the name of a proxy: where it goes first. Retries go elsewhere. */
  readonly door: string;
  /** The client gives up after its first attempt: nobody knows what became of it. */
  readonly abandon?: boolean;
};
