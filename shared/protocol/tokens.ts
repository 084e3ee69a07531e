import { hash } from "node:crypto";
import { LRUCache } from "lru-cache";

/** What is stored and sent in place of a token: its SHA-256, as hex. */
export const tokenHash = (token: string): string => hash("sha256", token, "hex");

/** The admin key has the hash of the bearer token `admin:<key>`, so that one table serves both. */
export const adminKeyHash = (key: string): string => tokenHash(`admin:${key}`);

/** The principal of the admin key. */
export const ADMIN_PRINCIPAL = "admin";

/**
 * The pseudonym under which a holder is shown: a UUID of version 8 (RFC 9562, section 5.8) made from the
 * principal's SHA-256. Same holder, same value, for ever.
 */
export function holderIdOf(principal: string): string {
  const known = holderIds.get(principal);
  if (known !== undefined) return known;
  const holderId = pseudonymOf(principal);
  holderIds.set(principal, holderId);
  return holderId;
}

/** Who takes a lock takes the next one as well, as a rule, and a digest costs more than taking it. */
const holderIds = new LRUCache<string, string>({ max: 10_000 });

function pseudonymOf(principal: string): string {
  const bytes = hash("sha256", `holder/${principal}`, "buffer").subarray(0, 16);
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
