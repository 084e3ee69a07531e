import type { IncomingHttpHeaders } from "node:http";
import { LRUCache } from "lru-cache";
import type { Entry } from "../protocol/entries.js";
import { Fault } from "../protocol/errors.js";
import { tokenKey } from "../protocol/keys.js";
import { ADMIN_PRINCIPAL, adminKeyHash, tokenHash } from "../protocol/tokens.js";
import type { CellService } from "./cell-service.js";

/** What a caller showed: it is worth what the cell has under its key at that instant (rules A1 and A2). */
export interface Credential {
  readonly hash: string;
  /** The key of its token entry. */
  readonly key: string;
  /** Shown as an admin key, not as a bearer token. The two share one table, but neither passes for the other. */
  readonly admin: boolean;
}

/** A credential that the cell knows, and whom it stands for. */
export interface Caller {
  readonly credential: Credential;
  readonly principal: string;
}

const BEARER = "Bearer ";
const REMEMBERED_MAX = 10_000;
/** Longer headers are hashed each time, so that garbage cannot fill the memory. */
const REMEMBERED_CHARS_MAX = 256;

const credential = (hash: string, admin: boolean): Credential => ({ hash, key: tokenKey(hash), admin });

/** Turns headers into credentials. Remembers hashes by header text, in memory only: hashing costs more than a read. */
export class Credentials {
  readonly #remembered = new LRUCache<string, Credential>({ max: REMEMBERED_MAX });

  /** The credential of an `Authorization` header, or undefined if it is none of ours. */
  bearer(header: string | undefined): Credential | undefined {
    if (header === undefined) return undefined;
    const known = this.#remembered.get(header);
    if (known !== undefined) return known;
    if (!header.startsWith(BEARER)) return undefined;
    const made = credential(tokenHash(header.slice(BEARER.length)), false);
    if (header.length <= REMEMBERED_CHARS_MAX) this.#remembered.set(header, made);
    return made;
  }

  /** All that a request shows, the strongest first. @throws Fault authentication_required if that is nothing. */
  of(headers: IncomingHttpHeaders): readonly Credential[] {
    const shown: Credential[] = [];
    const adminKey = headers["x-admin-key"] ?? headers["x-octostore-admin-key"];
    if (typeof adminKey === "string") shown.push(credential(adminKeyHash(adminKey), true));
    const bearer = this.bearer(headers.authorization);
    if (bearer !== undefined) shown.push(bearer);
    if (shown.length === 0) {
      throw new Fault("authentication_required", "Send the header Authorization: Bearer <token>.");
    }
    return shown;
  }
}

/** Whom a credential stands for, given the entry under its key; undefined: nobody. */
export function principalOf(shown: Credential, entry: Entry | undefined): string | undefined {
  const value = entry?.value;
  if (value?.kind !== "token" || entry?.key !== shown.key) return undefined;
  return (value.principal === ADMIN_PRINCIPAL) === shown.admin ? value.principal : undefined;
}

/**
 * Who is calling: the first credential that its entry confirms. `entries` begin with those of the credentials.
 * @throws Fault authentication_failed
 */
export function callerOf(shown: readonly Credential[], entries: readonly Entry[]): Caller {
  for (const [at, each] of shown.entries()) {
    const principal = principalOf(each, entries[at]);
    if (principal !== undefined) return { credential: each, principal };
  }
  throw new Fault("authentication_failed", "The token is not known here, or was revoked.");
}

/** Who is calling, before a write or an error is decided. @throws Fault authentication_failed */
export async function authorise(service: CellService, shown: readonly Credential[]): Promise<Caller> {
  const keys = shown.map((each) => each.key);
  const view = service.readCached(keys) ?? (await service.read(keys, {}));
  return callerOf(shown, view.entries);
}
