import { LIMITS } from "../../shared/protocol/limits.js";

/** The client's own times, in ms. */
export const TIMING = {
  /** From dialling to the welcome. */
  connectMs: 5_000,
  /** How long `connect` tries before it gives up. */
  firstConnectMs: 30_000,
  /** A request without a reply is sent again, writes under their operation id. */
  replyMs: 10_000,
  /** A socket on which nothing was heard for so long is asked whether it lives. */
  quietMs: 15_000,
  /** If it does not say so, another gateway is tried; and after more silence the socket is given up in any case. */
  silenceMs: 3_000,
  deadMs: 10_000,
  /** So long after the last question another one is asked in any case: a gateway closes who says nothing for longer. */
  muteMs: 100_000,
  /** A timer that is so late tells of our own stall, and nothing of the peer's silence (as in rule S5). */
  stallMs: 500,
  /**
   * After a socket was lost, its clients come back spread over so long: there may be tens of thousands of them, and a
   * gateway turns away who is more than it takes in a second.
   */
  lostSpreadMs: 2_000,
  backoffFirstMs: 200,
  backoffMostMs: 5_000,
  probeMs: 1_000,
  /** How long `connect` measures at most before it takes what it has. */
  measureMs: 500,
  learnEveryMs: 300_000,
  /** How long a read is tried. */
  readRetryMs: 30_000,
  /** How long `close` waits for the cell. */
  closeMs: 5_000,
  /** What a session has left after its proxy or the master was lost: the cell's own default. */
  graceMs: 45_000,
} as const;

/** How long after a session's last lease began the cell may at most keep it, if nobody is heard of (promise P7). */
export const sessionLifeMs = (leaseMs: number): number => LIMITS.proxyLeaseMs + leaseMs + TIMING.graceMs;
