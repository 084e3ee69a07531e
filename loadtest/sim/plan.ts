import type { Direction } from "../../shared/sim/sim-bus.js";
import type { Step } from "../clients/step.js";
import type { HttpSessionStep, SessionStep } from "./sessions/session-action.js";
import type { SocketDirection } from "./sockets/socket-direction.js";

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
  /** Clients of the library, and what their programs do. */
  readonly sessionClients: readonly ClientPlan[];
  readonly sessionSteps: readonly SessionStep[];
  /** Clients that have sessions over HTTP. */
  readonly httpClients: readonly ClientPlan[];
  readonly httpSteps: readonly HttpSessionStep[];
  /** What sessions have beyond their lease when their proxy or the master was lost. */
  readonly graceMs: number;
  /** How long clients on sockets get to leave when a process is asked to stop. */
  readonly drainMs: number;
  /** How many bytes of a gateway's buffers each byte takes that a client has not read yet. */
  readonly byteWeight: number;
  /** What the network does all the time until it is healed. */
  readonly noise: Noise;
  /** How long the disk takes to sync what was written; 2 ms if left out. */
  readonly diskWriteMs?: number;
  /** How many writes of one user the master keeps on record (rule O1); as many as in production if left out. */
  readonly operationsPerPrincipal?: number;
  /** How many of the newest commits the master keeps for proxies that missed some; as many as in production if left out. */
  readonly commitsKept?: number;
  /** Clients whose sessions must live on to the end: what goes wrong leaves them the time for that (P6). */
  readonly outlive?: readonly string[];
  /** How long faults may happen. Then the world is healed and must converge. */
  readonly faultsForMs: number;
}

export interface ProxyPlan {
  readonly name: string;
  readonly rate: number;
  readonly fillKeysPerS: number;
  /** How many ends of sessions one renewal reports; as many as in production if left out. */
  readonly endsReportedMax?: number;
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
  /** Sockets lose nothing, unless they break. */
  readonly socket: { readonly delayMs: number };
}

export const QUIET: Noise = {
  bus: { lossRatio: 0, duplicateRatio: 0, delayMs: 0.5, reorder: false },
  link: { lostBeforeRatio: 0, lostAfterRatio: 0, delayMs: 0.5 },
  client: { lossRatio: 0, delayMs: 0.5 },
  socket: { delayMs: 0.5 },
};

/**
 * A simulated world says so little that no real buffer would ever fill. So each byte takes the room of this many, and
 * a client that does not read for some seconds is a slow one.
 */
export const BYTE_WEIGHT = 40;

export const CALLS = ["register", "renew", "fill", "execute", "events"] as const;
export type CallName = (typeof CALLS)[number];

/** `who`: `master` or the name of a proxy; to be paused, or for sockets, of a client of the library as well. */
export type Mishap =
  | { readonly kind: "pause"; readonly who: string; readonly forMs: number }
  /** The machine of a proxy sleeps, and its monotonic clock stands still; its wall clock is right afterwards. */
  | { readonly kind: "suspend"; readonly who: string; readonly forMs: number }
  /** SIGKILL, or for the `machine` a power cut: then the disk forgets what was not synced. */
  | { readonly kind: "crash"; readonly who: string; readonly downMs: number; readonly machine: boolean }
  /** The master is killed, and then started on a copy of its journal, as from a backup: it knows that its numbers may be in use. */
  | { readonly kind: "restore"; readonly downMs: number }
  /** SIGTERM. `withinMs`: the master must have stopped by then. */
  | { readonly kind: "stop"; readonly who: string; readonly downMs: number; readonly withinMs?: number }
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
  /** Calls of one kind do not move on one way, and arrive afterwards, also if nobody waits for them any more. */
  | {
      readonly kind: "stallLink";
      readonly who: string;
      readonly call: CallName;
      readonly where: "requests" | "replies";
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
  /** Nothing moves on the sockets of a client or a gateway; afterwards they bring what they held, or are found to be broken. */
  | {
      readonly kind: "stallSockets";
      readonly who: string;
      readonly direction: SocketDirection;
      readonly forMs: number;
      readonly after: "whole" | "broken";
    }
  /** The sockets of a client or a gateway are reset. */
  | { readonly kind: "breakSockets"; readonly who: string }
  | { readonly kind: "stepWall"; readonly who: string; readonly byMs: number }
  | { readonly kind: "diskFull"; readonly forMs: number };

export type Fault = Mishap & { readonly atMs: number };
