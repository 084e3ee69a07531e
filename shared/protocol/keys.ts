/**
 * The keys of the cell's entries. An entry is one cacheable fact; a key names it, absent or not.
 *
 * `list/<prefix>`, `session/<id>` and `proxies/` name no single entry: they are answered from one state and never
 * kept by a proxy. A round on `session/<id>` ends the session at the proxy that holds it.
 */
export const lockKey = (name: string): string => `lock/${name}`;
export const tokenKey = (hash: string): string => `token/${hash}`;
export const listKey = (prefix: string): string => `list/${prefix}`;
export const sessionKey = (sessionId: string): string => `session/${sessionId}`;
/** Of the list of the proxies that the master counts on. */
export const PROXIES_KEY = "proxies/";

const KINDS = ["lock", "token", "list", "session", "proxies"] as const;
const KNOWN_KINDS: ReadonlySet<string> = new Set(KINDS);
const isKind = (text: string): text is ParsedKey["kind"] => KNOWN_KINDS.has(text);

/** A key, taken apart. */
export interface ParsedKey {
  readonly kind: (typeof KINDS)[number];
  /** The lock's name, the token's hash, the list's prefix or the session's id. */
  readonly rest: string;
}

/** Takes a key apart. Undefined for what is no key. */
export function parseKey(key: string): ParsedKey | undefined {
  const slash = key.indexOf("/");
  const kind = key.slice(0, slash);
  return isKind(kind) ? { kind, rest: key.slice(slash + 1) } : undefined;
}
