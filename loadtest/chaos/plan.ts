import type { Way } from "../cluster/namespace.js";

/** What will be done to a cell of real processes, as data: the same seed gives the same plan. */
export interface Plan {
  readonly seed: number;
  /** How long clients work, from the start of the faults' phase to the healing. */
  readonly healAtMs: number;
  readonly faults: readonly Fault[];
}

export const PROXIES = ["p1", "p2", "p3"] as const;
export type ProxyName = (typeof PROXIES)[number];
/** The one that lives in a network of its own, where the machine allows that. */
export const ISOLATED: ProxyName = "p3";
/** Each is a process that stands for some of the clients. */
export const PLAYERS = ["a", "b"] as const;
export type PlayerName = (typeof PLAYERS)[number];

export type Process = "master" | "nats-server" | ProxyName;

/** Each is a process of programs that use the client library. */
export const LIBRARY_PROCESSES = ["s1", "s2", "s3"] as const;
export type LibraryProcess = (typeof LIBRARY_PROCESSES)[number];

/** Who connects, and to whom. */
export type LinkName =
  | `clients-${PlayerName}→${"master" | ProxyName}`
  | SessionLink
  | `${ProxyName}→master`
  | `${"master" | ProxyName}→nats-server`;

/** How users of the client library reach a proxy: it is the address that the proxy itself names to clients. */
export type SessionLink = `sessions→${ProxyName}`;
export const SESSION_LINKS: readonly SessionLink[] = PROXIES.map((proxy) => `sessions→${proxy}` as const);

export const LINKS: readonly LinkName[] = [
  ...PLAYERS.flatMap((player) => (["master", ...PROXIES] as const).map((door) => `clients-${player}→${door}` as const)),
  ...PROXIES.map((proxy) => `${proxy}→master` as const),
  ...(["master", ...PROXIES] as const).map((who) => `${who}→nats-server` as const),
];

/** Up: from the one who connects. */
export type Direction = "up" | "down" | "both";

export type ProcessMishap =
  /** SIGKILL, and started again on the same data and port. */
  | { readonly kind: "kill"; readonly who: Process; readonly downMs: number }
  /** SIGTERM, and started again when it has ended. */
  | { readonly kind: "restart"; readonly who: Process; readonly downMs: number }
  /** SIGSTOP, and SIGCONT. */
  | { readonly kind: "pause"; readonly who: Process | LibraryProcess; readonly forMs: number }
  /** SIGKILL; or SIGSTOP first, so that its sockets stay open for so long and nobody is told. */
  | { readonly kind: "die"; readonly who: LibraryProcess; readonly silentMs: number; readonly downMs: number };

export type LinkMishap = { readonly link: LinkName; readonly forMs: number } & (
  | { readonly kind: "delay"; readonly delayMs: number }
  /** Bytes vanish; the connections that lost some are reset in the end. */
  | { readonly kind: "drop"; readonly direction: Direction }
  /** Connections are accepted, and nothing is handed on; it arrives in the end. */
  | { readonly kind: "half-open"; readonly direction: Direction }
  | { readonly kind: "slow"; readonly bytesPerS: number }
  | { readonly kind: "refuse" }
  /** Every connection gets a RST; new ones are welcome. */
  | { readonly kind: "reset" }
);

/** The network of `ISOLATED` loses all packets. */
export type NetworkMishap = { readonly kind: "partition"; readonly way: Way; readonly forMs: number };

export type Mishap = ProcessMishap | LinkMishap | NetworkMishap;
export type Fault = Mishap & { readonly atMs: number };

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
const oneWay = (direction: Direction): string => (direction === "both" ? "" : ` (${direction} only)`);

/** A fault as a sentence. */
export function describeFault(fault: Mishap): string {
  switch (fault.kind) {
    case "kill":
      return `${fault.who} is killed, and started again after ${seconds(fault.downMs)}`;
    case "restart":
      return `${fault.who} is asked to stop, and started again ${seconds(fault.downMs)} after it did`;
    case "die":
      return `${fault.who} dies${fault.silentMs === 0 ? "" : " without a word"}, and another is started after ${seconds(fault.silentMs + fault.downMs)}`;
    case "pause":
      return `${fault.who} is stopped for ${seconds(fault.forMs)}`;
    case "delay":
      return `${fault.link} takes up to ${fault.delayMs} ms longer for ${seconds(fault.forMs)}`;
    case "drop":
      return `${fault.link} loses everything${oneWay(fault.direction)} for ${seconds(fault.forMs)}`;
    case "half-open":
      return `${fault.link} holds everything back${oneWay(fault.direction)} for ${seconds(fault.forMs)}`;
    case "slow":
      return `${fault.link} carries ${fault.bytesPerS} bytes/s for ${seconds(fault.forMs)}`;
    case "refuse":
      return `${fault.link} refuses connections for ${seconds(fault.forMs)}`;
    case "reset":
      return `${fault.link} resets its connections`;
    case "partition":
      return `the network of ${ISOLATED} loses all packets${fault.way === "both" ? "" : ` that go ${fault.way}`} for ${seconds(fault.forMs)}`;
  }
}
