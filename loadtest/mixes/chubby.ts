/**
 * The request mix that Chubby's authors measured at a master (Burrows, "The Chubby lock service for
 * loosely-coupled distributed systems", OSDI 2006, the table of section 4.1).
 *
 * A mix made up at a desk would flatter whatever it was made for. This one has a shape that nobody would
 * have guessed: 93 % of all requests only say "I am alive", and one in 32,000 takes a lock. What the
 * table does not state, 2.5289 %, is spread as GetStat, the most frequent request that it does.
 *
 * How each is made here:
 * - KeepAlive: a `keepAlive` on the client's WebSocket session. (Never the renewal of a TTL lock: that
 *   is a journaled write.)
 * - GetStat: a `status` on the same socket.
 * - Open: `GET /locks/{name}`, the look-up of a name.
 * - CreateSession: a new socket with a new session, and the client's old one closed.
 * - GetContentsAndStat: `GET /locks/{name}` of a lock that is held.
 * - SetContents: `PUT /locks/{name}/metadata` by the holder.
 * - Acquire: `POST /locks/{name}/acquire` of a lock of its own, then its release, so that it can be repeated.
 */
export const CHUBBY_MIX = [
  { kind: "KeepAlive", ppm: 930_000 },
  { kind: "GetStat", ppm: 20_000 + 25_289 },
  { kind: "Open", ppm: 10_000 },
  { kind: "CreateSession", ppm: 10_000 },
  { kind: "GetContentsAndStat", ppm: 4_000 },
  { kind: "SetContents", ppm: 680 },
  { kind: "Acquire", ppm: 31 },
] as const;

/** A client operation, in the paper's words. */
export type Kind = (typeof CHUBBY_MIX)[number]["kind"];

const MILLION = 1_000_000;

/**
 * The share of names opened, or asked for their stat, that do not exist. The same table: of the names
 * that clients cached, 24,000 were distinct files and 32,000 were names known to be absent.
 */
export const ABSENT_SHARE = 32 / (24 + 32);

/** The kind of the next operation, from a number in [0, 1). */
export function kindAt(fraction: number): Kind {
  let below = fraction * MILLION;
  for (const { kind, ppm } of CHUBBY_MIX) {
    below -= ppm;
    if (below < 0) return kind;
  }
  throw new RangeError(`not in [0, 1): ${fraction}`);
}
