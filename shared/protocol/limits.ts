/**
 * Every bound of the protocol, in one place. Times are milliseconds unless the name says otherwise.
 *
 * A proxy lease is renewed three times within its life, so that two lost renewals in a row do not cost it.
 * Both sides take 2 % off whatever they hold from the other, so that clocks may differ in rate by that much.
 */
export const LIMITS = {
  proxyLeaseMs: 3_000,
  renewEveryMs: 1_000,
  /** The share of a granted time that its holder counts on. */
  driftFactor: 0.98,
  /** How long a grant lives before the entry must be filled anew. */
  grantMs: 600_000,
  grantsPerProxyMax: 1_000_000,
  /** Ungranted fills of one key leave a proxy at most this often. */
  ungrantedFillEveryMs: 20,
  fillKeysMax: 1_024,
  /** How long an operation id and its answer are kept; clients stop retrying after `operationRetryMs`. */
  operationKeptMs: 900_000,
  operationRetryMs: 600_000,
  operationsPerPrincipalMax: 100_000,
  operationIdCharsMax: 128,
  /** Permissions in a stale answer are never older than this. */
  staleMsMax: 60_000,

  ttlSecondsMin: 1,
  ttlSecondsMax: 3_600,
  ttlSecondsDefault: 60,
  lockDelaySecondsMax: 30,
  metadataCharsMax: 1_024,
  lockNameBytesMax: 256,
  lockNamePartBytesMax: 64,
  locksPerPrincipalDefault: 100,
  bodyBytesMax: 2 * 1024 * 1024,

  sessionLeaseMsDefault: 12_000,
  sessionLeaseMsMin: 5_000,
  sessionLeaseMsMax: 300_000,
  /** What an anchored session has beyond its lease when its proxy or the master was lost. */
  sessionGraceMsDefault: 45_000,
  sessionsPerGatewayMax: 200_000,
  /** A socket that has not said hello by then is closed. */
  helloWithinMs: 10_000,
  /** Requests of one socket that wait for the cell. */
  socketRequestsMax: 256,
  frameBytesMax: 64 * 1024,
  socketBufferBytesMax: 1024 * 1024,
} as const;
