import { Pool } from "undici";
import type { MasterLink } from "../shared/ports/link.js";
import { Fault } from "../shared/protocol/errors.js";
import {
  LINK_CALLS,
  LINK_IDLE_MS,
  type LinkCallName,
  type LinkReply,
  type LinkRequest,
  linkAuthorization,
  readFault,
} from "../shared/protocol/link-wire.js";

export interface LinkClientOptions {
  /** Where the master's cell link listens: `http://host:port`. */
  readonly url: string;
  readonly secret: string;
}

export interface LinkClient extends MasterLink {
  /** Lets go of all connections. Calls in flight reject with `upstream_unavailable`. */
  close(): Promise<void>;
}

/**
 * The proxy's end of the link to its master (see `link-wire.ts`).
 *
 * A connection carries one call at a time, so calls that wait would hold up the calls behind them: an
 * `execute` may wait for a whole round, that is up to a proxy lease. Hence three pools. `register` and
 * `renew` never wait for anything but the network (rule L4, one connection each); fills and events never
 * wait for writes; and there are so many connections for writes that one which waits does not hold up
 * another (P7). Connections are made when they are needed and let go when they idle.
 *
 * A call that the network ate, that ran into its time limit, or whose answer cannot be understood rejects
 * with `upstream_unavailable`. So does one that the master refused for the secret: that is no fault of the
 * client for whom the proxy asks. Throws a plain `Error` at once for a bad URL or secret.
 */
export function connectLink({ url, secret }: LinkClientOptions): LinkClient {
  const origin = originOf(url);
  const headers = { authorization: linkAuthorization(secret), "content-type": "application/json" };
  const lease = openPool(origin, 2);
  const reads = openPool(origin, 16);
  const writes = openPool(origin, 256);

  const through =
    <C extends LinkCallName>(call: C, pool: Pool, limitMs: number) =>
    (request: LinkRequest<C>): Promise<LinkReply<C>> =>
      ask(call, request, pool, headers, limitMs);

  return {
    register: through("register", lease, 2_000),
    renew: through("renew", lease, 2_000),
    fill: through("fill", reads, 5_000),
    events: through("events", reads, 5_000),
    execute: through("execute", writes, 10_000),
    close: async () => {
      await Promise.all([lease, reads, writes].map((pool) => pool.destroy()));
    },
  };
}

/** The time limit is this adapter's own: undici's timers are too coarse (a second) for a lease. */
function openPool(origin: string, connections: number): Pool {
  return new Pool(origin, {
    connections,
    pipelining: 1,
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: LINK_IDLE_MS.proxy,
    keepAliveMaxTimeout: LINK_IDLE_MS.proxy,
  });
}

async function ask<C extends LinkCallName>(
  call: C,
  request: LinkRequest<C>,
  pool: Pool,
  headers: Record<string, string>,
  limitMs: number,
): Promise<LinkReply<C>> {
  const { path, reply } = LINK_CALLS[call];
  const signal = AbortSignal.timeout(limitMs);
  const response = await delivered(call, limitMs, async () => {
    const {
      statusCode,
      headers: replied,
      body,
    } = await pool.request({
      method: "POST",
      path,
      headers,
      signal,
      body: JSON.stringify(request),
    });
    return { statusCode, secretRefused: replied["www-authenticate"] !== undefined, text: await body.text() };
  });
  if (response.secretRefused) {
    throw unavailable("The master does not accept this proxy's link secret; both must be given the same one.");
  }
  if (response.statusCode !== 200) throw understood(call, () => readFault(response.text));
  return understood(call, () => reply.read(response.text));
}

/** Runs the exchange; whatever keeps it from being completed is `upstream_unavailable`. */
async function delivered<T>(call: LinkCallName, limitMs: number, exchange: () => Promise<T>): Promise<T> {
  try {
    return await exchange();
  } catch (error) {
    const { name, code } = error as Error & { code?: string };
    if (name === "TimeoutError") throw unavailable(`The master did not answer ${call} within ${limitMs / 1_000} s.`);
    throw unavailable(`The master could not be asked to ${call} (${typeof code === "string" ? code : name}).`);
  }
}

function understood<T>(call: LinkCallName, read: () => T): T {
  try {
    return read();
  } catch {
    throw unavailable(
      `The answer to ${call} is none of the cell link. Is there an Octofleet of this version at its address?`,
    );
  }
}

const unavailable = (details: string): Fault => new Fault("upstream_unavailable", details);

function originOf(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const plain = parsed?.pathname === "/" && !parsed.search && !parsed.hash && !parsed.username && !parsed.password;
  if (!parsed || !plain || !/^https?:$/.test(parsed.protocol)) {
    throw new Error("The master's link address must look like http://host:port, with nothing after the port.");
  }
  return parsed.origin;
}
