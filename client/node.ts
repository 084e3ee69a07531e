/**
 * The client library, for Node 20 and newer: `import { connect } from "octofleet/client"`. Browsers get `browser.ts`
 * under the same name.
 */
import { realClock } from "./adapters/clock.js";
import { fetchHttp } from "./adapters/http.js";
import { nodeDialer } from "./adapters/node-dialer.js";
import { realRandom } from "./adapters/random.js";
import { Client, type ConnectOptions } from "./client.js";

const platform = { clock: realClock, random: realRandom, dialer: nodeDialer, http: fetchHttp };

/**
 * Connects to a cell, by the nearest of its gateways that serves. Rejects with an `OctofleetError` if none is reached
 * within 30 s or the token is not good, and with the signal's reason.
 */
export const connect = (options: ConnectOptions): Promise<Client> => Client.connect(platform, options);

export { LockHeldError, OctofleetError, type RetryAdvice } from "./base/error.js";
export type { Client, ConnectOptions } from "./client.js";
export type { Lock, WaitOptions } from "./session/lock.js";
export type { SessionState } from "./session/presence.js";
export type { AcquireOptions, Session, SessionEvents, SessionOptions } from "./session/session.js";
export type { LockView, WatchChange, WatchItem, WatchState, WatchTarget } from "./watch/items.js";
export type { Primary } from "./watch/primary.js";
export type { Watch, WatchOptions } from "./watch/watch.js";
