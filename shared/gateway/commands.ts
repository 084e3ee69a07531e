import type { Command } from "../protocol/commands.js";
import { Fault } from "../protocol/errors.js";
import { LIMITS } from "../protocol/limits.js";
import { isReservedLockName, lockNameFlaw } from "../protocol/lock-name.js";
import { type AcquireBody, type MetadataBody, normalUuid, type ReleaseBody, type RenewBody } from "./bodies.js";

/** Why clients may not use a lock name, or undefined if they may. */
export function lockNameFault(name: string): Fault | undefined {
  const flaw = lockNameFlaw(name);
  if (flaw !== undefined) return new Fault("invalid_lock_name", `Invalid lock name: ${flaw}.`);
  if (!isReservedLockName(name)) return undefined;
  return new Fault("forbidden", "Lock names under __election/ are the service's own.");
}

function checkLockName(name: string): void {
  const fault = lockNameFault(name);
  if (fault !== undefined) throw fault;
}

/**
 * The commands that bodies of the right shape ask for. What is checked here is checked in OctoStore's order,
 * name first, and throws a Fault.
 */
export function acquireCommand(name: string, body: AcquireBody): Command {
  checkLockName(name);
  const ttlMs = checkedTtlMs(body.ttl_seconds);
  const metadata = checkedMetadata(body.metadata);
  const delaySeconds = body.lock_delay_seconds ?? 0;
  if (delaySeconds > LIMITS.lockDelaySecondsMax) {
    throw new Fault("invalid_input", `lock_delay_seconds cannot exceed ${LIMITS.lockDelaySecondsMax}.`);
  }
  refuseUnbuilt(body);
  return {
    kind: "acquire",
    ...{ name, ttlMs, metadata },
    lockDelayMs: delaySeconds * 1000,
    delayOnRelease: true,
    ephemeral: false,
    wait: false,
  };
}

export function renewCommand(name: string, body: RenewBody): Command {
  checkLockName(name);
  return { kind: "renew", name, leaseId: normalUuid(body.lease_id), ttlMs: checkedTtlMs(body.ttl_seconds) };
}

export function releaseCommand(name: string, body: ReleaseBody): Command {
  checkLockName(name);
  return { kind: "release", name, leaseId: normalUuid(body.lease_id) };
}

export function metadataCommand(name: string, body: MetadataBody): Command {
  checkLockName(name);
  const metadata = checkedMetadata(body.metadata);
  return { kind: "setMetadata", name, leaseId: normalUuid(body.lease_id), metadata };
}

function checkedTtlMs(ttlSeconds: number | null | undefined): number {
  const seconds = ttlSeconds ?? LIMITS.ttlSecondsDefault;
  if (seconds < LIMITS.ttlSecondsMin) throw new Fault("invalid_ttl", "Invalid TTL: TTL must be greater than 0.");
  if (seconds > LIMITS.ttlSecondsMax) {
    throw new Fault("invalid_ttl", `Invalid TTL: TTL cannot exceed ${LIMITS.ttlSecondsMax} seconds (1 hour).`);
  }
  return seconds * 1000;
}

/** Counts Unicode characters, not the units of a JavaScript string. */
function checkedMetadata(metadata: string | null | undefined): string | null {
  if (metadata === undefined || metadata === null) return null;
  const max = LIMITS.metadataCharsMax;
  if (metadata.length > 2 * max || Array.from(metadata).length > max) {
    throw new Fault("invalid_input", `metadata is longer than ${max} characters.`);
  }
  return metadata;
}

/** Better an honest no than a lock that does not do what was asked of it. */
function refuseUnbuilt(body: AcquireBody): void {
  if ((body.session_id ?? null) !== null || body.ephemeral === true) {
    throw new Fault(
      "invalid_input",
      "This version has no sessions that hold locks: leave out session_id and ephemeral.",
    );
  }
  if ((body.acl ?? null) !== null) throw new Fault("invalid_input", "This version has no ACLs: leave out acl.");
}

/** The client's own operation id. @throws Fault invalid_input */
export function operationIdOf(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  const text = String(header);
  if (text.length <= LIMITS.operationIdCharsMax && /^[!-~]+$/.test(text)) return text;
  const max = LIMITS.operationIdCharsMax;
  throw new Fault("invalid_input", `Idempotency-Key must be 1 to ${max} visible ASCII characters.`);
}
