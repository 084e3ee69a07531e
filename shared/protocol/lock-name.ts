import { LIMITS } from "./limits.js";

/** Lock names under this prefix are the service's own. */
const RESERVED_PREFIX = "__election/";
const ALLOWED = /^[\p{Alphabetic}\p{N}\-_./]*$/u;

/**
 * What is wrong with a lock name, as a phrase for people, or undefined if nothing is. OctoStore's rule:
 * 1 to 256 bytes of letters, digits and `- _ . /`; each part between slashes 1 to 64 bytes; no part `..`.
 */
export function lockNameFlaw(name: string): string | undefined {
  if (name === "") return "name cannot be empty";
  if (Buffer.byteLength(name) > LIMITS.lockNameBytesMax) return `name is longer than ${LIMITS.lockNameBytesMax} bytes`;
  if (!ALLOWED.test(name)) return "name may hold only letters, digits and - _ . /";
  for (const part of name.split("/")) {
    if (part === "") return "name cannot begin or end with / or contain //";
    if (part === "..") return "name cannot contain .. between slashes";
    if (Buffer.byteLength(part) > LIMITS.lockNamePartBytesMax) {
      return `a part between slashes is longer than ${LIMITS.lockNamePartBytesMax} bytes`;
    }
  }
  return undefined;
}

export const isReservedLockName = (name: string): boolean => name.startsWith(RESERVED_PREFIX);
