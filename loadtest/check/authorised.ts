import { LIMITS } from "../../shared/protocol/limits.js";
import { groupBy } from "./group-by.js";

/** A token was taken from the configuration, or put there. */
export interface TokenChange {
  readonly user: string;
  readonly kind: "revoke" | "grant";
  readonly calledAtMs: number;
  /** When the operator was told that it holds everywhere. Infinity: never. */
  readonly answeredAtMs: number;
}

/** A read that was answered, or refused for want of a token. */
export interface AuthorisedRead {
  readonly user: string;
  readonly by: string;
  readonly door: string;
  readonly invokedAtMs: number;
  readonly returnedAtMs: number;
  readonly allowed: boolean;
  /** The answer was of the past, as its reader had asked for. */
  readonly stale: boolean;
}

/** A time in which it is certain what a token was worth. */
interface Span {
  readonly kind: TokenChange["kind"];
  readonly fromMs: number;
  readonly toMs: number;
}

const STALE_MS = LIMITS.staleMsMax / LIMITS.driftFactor;

/**
 * P10: a revoked token stops working at every proxy before the revocation is answered; only answers asked for
 * as stale may lean on it, for a minute. And a token that is in force is let in. One sentence for each change
 * that was not kept to, about the first read that shows it.
 */
export function brokenAuthorisation(reads: readonly AuthorisedRead[], changes: readonly TokenChange[]): string[] {
  const byUser = groupBy(changes, ({ user }) => user);
  return [...byUser].flatMap(([user, own]) => {
    const ofUser = reads.filter((read) => read.user === user);
    return spansOf(own).flatMap((span) => {
      const broken = ofUser.find((read) => breaks(read, span));
      return broken === undefined ? [] : [told(broken, span)];
    });
  });
}

/** What a change brought about is certain from its answer until the next change is asked for. */
function spansOf(changes: readonly TokenChange[]): Span[] {
  return changes.map(({ kind, answeredAtMs }, index) => ({
    kind,
    fromMs: answeredAtMs,
    toMs: changes[index + 1]?.calledAtMs ?? Number.POSITIVE_INFINITY,
  }));
}

function breaks({ invokedAtMs, returnedAtMs, allowed, stale }: AuthorisedRead, { kind, fromMs, toMs }: Span): boolean {
  if (returnedAtMs >= toMs) return false;
  if (kind === "grant") return !allowed && !stale && invokedAtMs > fromMs;
  return allowed && invokedAtMs > fromMs + (stale ? STALE_MS : 0);
}

function told({ user, by, door, invokedAtMs }: AuthorisedRead, { kind, fromMs }: Span): string {
  const what = kind === "revoke" ? "was let in, though it was revoked" : "was refused, though it was in force";
  return `${by} read at ${door} at ${invokedAtMs} ms with the token of ${user}, which ${what} since ${fromMs} ms.`;
}
