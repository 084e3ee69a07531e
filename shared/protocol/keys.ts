/**
 * The keys of the cell's entries. An entry is one cacheable fact; a key names it, absent or not.
 *
 * `list/<prefix>` names no single entry: it is answered from one state and never kept by a proxy.
 */
export const lockKey = (name: string): string => `lock/${name}`;
export const tokenKey = (hash: string): string => `token/${hash}`;
export const listKey = (prefix: string): string => `list/${prefix}`;

/** A key, taken apart. */
export interface ParsedKey {
  readonly kind: "lock" | "token" | "list";
  /** The lock's name, the token's hash or the list's prefix. */
  readonly rest: string;
}

/** Takes a key apart. Undefined for what is no key. */
export function parseKey(key: string): ParsedKey | undefined {
  const slash = key.indexOf("/");
  const kind = key.slice(0, slash);
  if (kind !== "lock" && kind !== "token" && kind !== "list") return undefined;
  return { kind, rest: key.slice(slash + 1) };
}
