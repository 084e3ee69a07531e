import type { ConfiguredToken } from "../master/tokens.js";
import { ADMIN_PRINCIPAL, adminKeyHash, tokenHash } from "../shared/protocol/tokens.js";
import { usageError } from "./exit-error.js";

const NAME = /^[\w.@-]{1,64}$/;
const TOKEN = /^[\x21-\x7e]{1,512}$/;
const BARE_NAME_HEX_CHARS = 8;

/** One token as it was written, and where: the place is all that an error may show of it. */
interface Written {
  readonly text: string;
  readonly place: string;
}

/** Reads `alice:tokA,bob:tokB`; `source` is what errors call it. */
export function tokensOfList(list: string, source: string): ConfiguredToken[] {
  const written = list.split(",").map((text, i) => ({ text: text.trim(), place: `${source}, entry ${i + 1}` }));
  return tokensOf(written);
}

/** Reads one token a line; empty lines and lines that begin with # are passed over. */
export function tokensOfLines(content: string, source: string): ConfiguredToken[] {
  const written = content
    .split("\n")
    .map((text, i) => ({ text: text.trim(), place: `${source}, line ${i + 1}` }))
    .filter(({ text }) => text !== "" && !text.startsWith("#"));
  if (written.length === 0) throw usageError(`${source} holds no token: write one name:token a line`);
  return tokensOf(written);
}

/** The operator's key, as a token. */
export const adminToken = (key: string): ConfiguredToken => ({ hash: adminKeyHash(key), principal: ADMIN_PRINCIPAL });

/** The user of a principal, as people write it. */
export const userOf = (principal: string): string => principal.replace(/^user:/, "");

function tokensOf(written: readonly Written[]): ConfiguredToken[] {
  const tokens = written.map(tokenOf);
  refuseRepeats(tokens, written);
  return tokens;
}

/** A token without a name gets one from its hash, for the token itself must not be shown. */
function tokenOf({ text, place }: Written): ConfiguredToken {
  if (text === "") throw usageError(`${place} is empty: write name:token`);
  const parts = text.split(":");
  if (parts.length > 2) throw usageError(`${place} is ambiguous: it has more than one ":"`);
  const token = parts.at(-1) as string;
  if (!TOKEN.test(token)) throw usageError(`${place}: the token is not 1 to 512 visible ASCII characters`);
  const hash = tokenHash(token);
  const name = parts.length === 2 ? (parts[0] as string) : `token-${hash.slice(0, BARE_NAME_HEX_CHARS)}`;
  if (!NAME.test(name)) throw usageError(`${place}: the name is not 1 to 64 letters, digits and _ . @ -`);
  return { hash, principal: `user:${name}` };
}

function refuseRepeats(tokens: readonly ConfiguredToken[], written: readonly Written[]): void {
  tokens.forEach((token, i) => {
    const sameToken = tokens.findIndex((other) => other.hash === token.hash);
    const sameUser = tokens.findIndex((other) => other.principal === token.principal);
    const placeOf = (j: number): string => written[j]?.place as string;
    if (sameToken < i) throw usageError(`${placeOf(i)} has the same token as ${placeOf(sameToken)}`);
    if (sameUser < i) throw usageError(`${placeOf(i)} has the same name as ${placeOf(sameUser)}`);
  });
}

/** Several sources as one list. Throws if a name or token is in more than one of them. */
export function joinTokens(...sources: readonly (readonly ConfiguredToken[])[]): ConfiguredToken[] {
  const all = sources.flat();
  const twice = all.find((token, i) =>
    all.slice(0, i).some((other) => other.hash === token.hash || other.principal === token.principal),
  );
  if (twice) throw usageError(`${userOf(twice.principal)}, or their token, is configured in two places`);
  return all;
}
