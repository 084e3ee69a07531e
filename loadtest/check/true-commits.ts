import { type LockView, viewOf } from "../../client/watch/items.js";
import { entryOf } from "../../master/cell/entries.js";
import type { Ground } from "../../master/cell/ground.js";
import type { Outcome } from "../../master/cell/outcome.js";
import type { CommandRecord } from "../../master/cell/record.js";
import { lockStatus } from "../../shared/gateway/lock-status.js";
import { parseKey } from "../../shared/protocol/keys.js";
import type { Change, Grant } from "../../shared/protocol/link.js";

/** A change of a lock, with the lock as it was from then on. */
export interface TrueChange {
  readonly event: Change["event"];
  readonly lock: LockView;
}

/** What a journaled command came to: from the disk alone, and not from what anybody was told. */
export interface TrueCommit {
  readonly revision: number;
  /** When it was decided, by the master's wall clock. */
  readonly wallMs: number;
  /** And in the cell's own time (rule T2). */
  readonly timeMs: number;
  readonly kind: CommandRecord["command"]["kind"];
  /** The keys that it changed. */
  readonly keys: readonly string[];
  readonly changes: readonly TrueChange[];
  readonly grants: readonly Grant[];
  /** The session that it ended. */
  readonly ended: string | undefined;
  /** The place in a queue that it took. */
  readonly queued: { readonly name: string; readonly operationId: string } | undefined;
  /** For whom it changed something, of those who had no token in force. */
  readonly withoutLeave: readonly string[];
}

/** To be asked right after the command was applied. */
export function trueCommit(ground: Ground, record: CommandRecord, outcome: Outcome, revision: number): TrueCommit {
  const { touched, grants, ended } = outcome;
  const changes = touched.flatMap(({ key, event }): TrueChange[] => {
    if (event === null || parseKey(key)?.kind !== "lock") return [];
    const entry = entryOf(ground, key) ?? { key, value: null, revision };
    return [{ event, lock: viewOf(lockStatus(entry)) }];
  });
  const keys = touched.map(({ key }) => key);
  const { wallMs, timeMs, command } = record;
  const ofSessions = { grants, ended, queued: queuedBy(record, outcome) };
  const withoutLeave = withoutTokens(ground, record, outcome);
  return { revision, wallMs, timeMs, kind: command.kind, keys, changes, ...ofSessions, withoutLeave };
}

function queuedBy({ command, client }: CommandRecord, { answer, writes }: Outcome): TrueCommit["queued"] {
  if (!writes || answer.status !== "waiting" || client?.operation === undefined) return undefined;
  return { name: (command as { name: string }).name, operationId: client.operation.id };
}

function withoutTokens(
  { tokens, sessions }: Ground,
  { client }: CommandRecord,
  { touched, grants }: Outcome,
): string[] {
  const inForce = new Set([...tokens.values()].map(({ principal }) => principal));
  const isSent = client === undefined || touched.length === 0 || tokens.has(client.tokenHash);
  const granted = grants.map(({ sessionId }) => sessions.get(sessionId)?.principal ?? `session ${sessionId}`);
  return [...(isSent ? [] : [`token ${client.tokenHash}`]), ...granted.filter((principal) => !inForce.has(principal))];
}
