import { LIMITS } from "../shared/protocol/limits.js";
import { anyText, byteSize, httpOrigin, matching, natsUrl, oneOf, type Parse, port, wholeNumber } from "./values.js";

/**
 * The one table of settings. Flags, environment variables, `--help`, docs/settings.md and the types of
 * what the commands get are all made from it, so none of them can say what the others do not.
 *
 * A flag beats its variable, a variable beats the default. A secret has no flag: what is on a command
 * line, every user of the machine can read.
 */
export const COMMANDS = ["start", "master", "proxy", "journal"] as const;
export type CommandName = (typeof COMMANDS)[number];

/** In place of a default: the command does not run without the setting. */
export const REQUIRED: unique symbol = Symbol("required");

/** Which commands take a setting, each with its default as it would be typed, `REQUIRED`, or null for none. */
export type Defaults = { readonly [C in CommandName]?: string | null | typeof REQUIRED };

export interface Setting<T = unknown, D extends Defaults = Defaults> {
  /** Of the environment. */
  readonly variable: string;
  /** The long flag; absent for secrets. Its camelCase is the setting's key. */
  readonly flag?: string;
  /** What stands for the value in `--help`. */
  readonly placeholder: string;
  readonly parse: Parse<T>;
  /** One sentence without a full stop. */
  readonly help: string;
  readonly defaults: D;
  /** What happens where there is no default, for people. */
  readonly otherwise?: string;
}

const setting = <T, const D extends Defaults>(row: Setting<T, D>): Setting<T, D> => row;

const serving = <const V extends string | null>(value: V) => ({ start: value, master: value, proxy: value }) as const;
const deciding = <const V extends string | null>(value: V) => ({ start: value, master: value }) as const;
const caching = <const V extends string | null>(value: V) => ({ start: value, proxy: value }) as const;

const label = matching(/^[\w.-]{1,64}$/, "a name of 1 to 64 letters, digits and _ . -");

export const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;

export const SETTINGS = {
  port: setting({
    flag: "--port",
    variable: "OCTOFLEET_PORT",
    placeholder: "port",
    parse: port,
    help: "Port of the gateway, 0 for any; of `start`: gateway P, link P+1, proxies P+101, P+102, …",
    defaults: { start: "7100", master: "7100", proxy: "7201" },
  }),
  linkPort: setting({
    flag: "--link-port",
    variable: "OCTOFLEET_LINK_PORT",
    placeholder: "port",
    parse: port,
    help: "Port on which the master listens for its proxies",
    defaults: { master: null },
    otherwise: "port + 1",
  }),
  host: setting({
    flag: "--host",
    variable: "OCTOFLEET_HOST",
    placeholder: "address",
    parse: matching(/^[\w.:-]{1,253}$/, "a host name or an IP address"),
    help: "Address to listen on; any but a loopback address needs tokens and a cell secret of your own",
    defaults: serving("127.0.0.1"),
  }),
  proxies: setting({
    flag: "--proxies",
    variable: "OCTOFLEET_PROXIES",
    placeholder: "number",
    parse: wholeNumber(0, 32),
    help: "How many proxies to start, 0 to 32",
    defaults: { start: "2" },
  }),
  data: setting({
    flag: "--data",
    variable: "OCTOFLEET_DATA",
    placeholder: "directory",
    parse: anyText,
    help: "Where the journal is kept, and the token and secret that were made here",
    defaults: { start: "./data", master: "./data", proxy: "./data", journal: "./data" },
  }),
  nats: setting({
    flag: "--nats",
    variable: "OCTOFLEET_NATS_URL",
    placeholder: "url",
    parse: natsUrl,
    help: "NATS server for the bus, such as nats://127.0.0.1:4222",
    defaults: serving(null),
    otherwise: "in memory within start, else none",
  }),
  cell: setting({
    flag: "--cell",
    variable: "OCTOFLEET_CELL",
    placeholder: "name",
    parse: matching(/^[a-z0-9-]{1,32}$/, "a name of 1 to 32 lower-case letters, digits and -"),
    help: "Name of the cell, part of its subjects on the bus",
    defaults: serving("local"),
  }),
  master: setting({
    flag: "--master",
    variable: "OCTOFLEET_MASTER",
    placeholder: "url",
    parse: httpOrigin,
    help: "The master's link, such as http://10.0.0.1:7101",
    defaults: { proxy: REQUIRED },
  }),
  name: setting({
    flag: "--name",
    variable: "OCTOFLEET_NAME",
    placeholder: "name",
    parse: label,
    help: "What the proxy is called in logs and lists",
    defaults: { proxy: null },
    otherwise: "proxy-<port>",
  }),
  url: setting({
    flag: "--url",
    variable: "OCTOFLEET_URL",
    placeholder: "url",
    parse: httpOrigin,
    help: "Where clients reach the proxy, as it tells others",
    defaults: { proxy: null },
    otherwise: "http://<host>:<port>",
  }),
  zone: setting({
    flag: "--zone",
    variable: "OCTOFLEET_ZONE",
    placeholder: "name",
    parse: label,
    help: "Where the proxy runs, for people and for choosing a near one",
    defaults: caching("local"),
  }),
  cacheBytes: setting({
    flag: "--cache-bytes",
    variable: "OCTOFLEET_CACHE_BYTES",
    placeholder: "size",
    parse: byteSize(64 * 2 ** 10),
    help: "Room for a proxy's cache, such as 64MiB, 64m or 67108864",
    defaults: caching("64MiB"),
  }),
  fillKeysPerS: setting({
    flag: "--fill-keys-per-s",
    variable: "OCTOFLEET_FILL_KEYS_PER_S",
    placeholder: "number",
    parse: wholeNumber(1, 1_000_000),
    help: "How many keys a second a proxy may ask the master for",
    defaults: caching("2000"),
  }),
  locksPerPrincipal: setting({
    flag: "--locks-per-principal",
    variable: "OCTOFLEET_LOCKS_PER_PRINCIPAL",
    placeholder: "number",
    parse: wholeNumber(1, 1_000_000),
    help: "How many locks one user may hold or wait for at a time",
    defaults: deciding(`${LIMITS.locksPerPrincipalDefault}`),
  }),
  graceMs: setting({
    flag: "--grace-ms",
    variable: "OCTOFLEET_GRACE_MS",
    placeholder: "ms",
    parse: wholeNumber(2 * LIMITS.proxyLeaseMs, 3_600_000),
    help: "How long a session that holds locks outlives its lease if its proxy or the master was lost",
    defaults: deciding(`${LIMITS.sessionGraceMsDefault}`),
  }),
  drainMs: setting({
    flag: "--drain-ms",
    variable: "OCTOFLEET_DRAIN_MS",
    placeholder: "ms",
    parse: wholeNumber(0, 600_000),
    help: "How long clients on sockets get to move to another proxy before this process stops; 0 asks nobody to",
    defaults: { start: "0", master: `${LIMITS.drainMsDefault}`, proxy: `${LIMITS.drainMsDefault}` },
  }),
  socketsPerS: setting({
    flag: "--sockets-per-s",
    variable: "OCTOFLEET_SOCKETS_PER_S",
    placeholder: "number",
    parse: wholeNumber(1, 1_000_000),
    help: "How many new sockets a gateway takes in a second; the others are told when to come again",
    defaults: serving(`${LIMITS.socketsPerSDefault}`),
  }),
  logLevel: setting({
    flag: "--log-level",
    variable: "OCTOFLEET_LOG_LEVEL",
    placeholder: "level",
    parse: oneOf(LOG_LEVELS),
    help: `How much is logged to stderr: ${LOG_LEVELS.join(", ")}`,
    defaults: { start: "warn", master: "info", proxy: "info" },
  }),
  staticTokens: setting({
    variable: "OCTOFLEET_STATIC_TOKENS",
    placeholder: "name:token,…",
    parse: anyText,
    help: "Who may use the cell, such as alice:tokA,bob:tokB",
    defaults: deciding(null),
    otherwise: "on a loopback address one token is made and kept in <data>/token",
  }),
  staticTokensFile: setting({
    flag: "--static-tokens-file",
    variable: "OCTOFLEET_STATIC_TOKENS_FILE",
    placeholder: "file",
    parse: anyText,
    help: "File of such tokens, one name:token a line, # for comments; read again on SIGHUP",
    defaults: deciding(null),
  }),
  adminKey: setting({
    variable: "OCTOFLEET_ADMIN_KEY",
    placeholder: "key",
    parse: matching(/^[\x21-\x7e]{1,512}$/, "a key of 1 to 512 visible ASCII characters"),
    help: "The operator's key (X-Admin-Key)",
    defaults: deciding(null),
    otherwise: "there is no operator",
  }),
  cellSecret: setting({
    variable: "OCTOFLEET_CELL_SECRET",
    placeholder: "secret",
    parse: matching(/^[\x21-\x7e]{1,512}$/, "a secret of 1 to 512 visible ASCII characters"),
    help: "What master and proxies show each other",
    defaults: serving(null),
    otherwise: "<data>/cell-secret, which a master on a loopback address makes",
  }),
  cellSecretFile: setting({
    flag: "--cell-secret-file",
    variable: "OCTOFLEET_CELL_SECRET_FILE",
    placeholder: "file",
    parse: anyText,
    help: "File that holds the secret which master and proxies show each other",
    defaults: serving(null),
  }),
} as const;

export type SettingName = keyof typeof SETTINGS;
type Table = typeof SETTINGS;
type DefaultOf<K extends SettingName, C extends CommandName> = Table[K]["defaults"] extends {
  readonly [c in C]: infer D;
}
  ? D
  : never;

/** What a command gets to know: every setting that it takes; undefined where there is neither value nor default. */
export type SettingsOf<C extends CommandName> = {
  readonly [K in SettingName as C extends keyof Table[K]["defaults"] ? K : never]:
    | ReturnType<Table[K]["parse"]>
    | (null extends DefaultOf<K, C> ? undefined : never);
};

/** The rows that a command takes, in the order of the table. */
export function settingsOf(command: CommandName): readonly (readonly [SettingName, Setting])[] {
  const rows = Object.entries(SETTINGS) as [SettingName, Setting][];
  return rows.filter(([, row]) => row.defaults[command] !== undefined);
}
