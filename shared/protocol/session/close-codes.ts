/**
 * Why a gateway closes a socket. Refused connections are upgraded first and then closed with one of these:
 * a browser shows no more of a refused upgrade than that it failed.
 *
 * `reconnect`: at once to this or another gateway, after a while, or not before the client has changed something.
 */
export const CLOSE_CODES = {
  goingAway: { code: 1001, reconnect: "now", reason: "This gateway stops. Connect to another one." },
  overloaded: { code: 1013, reconnect: "later", reason: "This gateway does not serve just now. Try again later." },
  badMessage: { code: 4400, reconnect: "never", reason: "Not a message of this protocol, or not a hello first." },
  unauthenticated: { code: 4401, reconnect: "never", reason: "The token is missing, not known here, or was revoked." },
  unknownPath: { code: 4404, reconnect: "never", reason: "There is no WebSocket under this address." },
  badSubprotocol: { code: 4406, reconnect: "never", reason: "Ask for the subprotocol octofleet.v1." },
  silent: { code: 4408, reconnect: "now", reason: "Nothing was heard for too long." },
  slowReader: { code: 4413, reconnect: "later", reason: "The replies were not read." },
} as const satisfies Record<string, CloseKind>;

interface CloseKind {
  readonly code: number;
  readonly reconnect: "now" | "later" | "never";
  /** At most 123 bytes (RFC 6455, section 5.5). */
  readonly reason: string;
}

export type CloseCause = keyof typeof CLOSE_CODES;
