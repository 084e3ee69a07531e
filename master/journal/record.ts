import { hash } from "node:crypto";
import type { Store } from "../../shared/ports/store.js";
import type { Damage } from "./journal-error.js";
import { JOURNAL_KEYS, recordKey, revisionOfKey } from "./journal-keys.js";

/**
 * `command`: what the master commits. `skip`: the revisions up to this one are given up. `copy`: what comes
 * next happens to a copy of the journal, which must reuse none of the original's numbers.
 */
export type RecordKind = "command" | "skip" | "copy";

/** A place in the chain: a revision, and the checksum of all that was journaled up to it. */
export interface Position {
  readonly revision: number;
  readonly checksum: string;
}

/** Where every journal begins. */
export const GENESIS: Position = { revision: 0, checksum: "0".repeat(32) };

/** A record as it is on disk, with its place in the chain. */
export interface ChainedRecord extends Position {
  readonly kind: RecordKind;
  readonly bodyText: string;
}

/** The record that follows `previous`. Its checksum, 128 bits of SHA-256, covers all before it. */
export function chain(previous: Position, revision: number, kind: RecordKind, bodyText: string): ChainedRecord {
  const all = hash("sha256", `${previous.checksum}\n${revision}\n${kind}\n${bodyText}`, "hex");
  return { revision, checksum: all.slice(0, GENESIS.checksum.length), kind, bodyText };
}

/** The text of a record: JSON, in which the body stands exactly as its checksum was taken. */
export function encodeRecord({ checksum, kind, bodyText }: ChainedRecord): string {
  return `{"sum":"${checksum}","kind":"${kind}","body":${bodyText}}`;
}

const RECORD = /^\{"sum":"([0-9a-f]{32})","kind":"(command|skip|copy)","body":(.*)\}$/s;

function decodeRecord(revision: number, value: string): ChainedRecord | undefined {
  const [, checksum, kind, bodyText] = RECORD.exec(value) ?? [];
  if (checksum === undefined || kind === undefined || bodyText === undefined) return undefined;
  return { revision, checksum, kind: kind as RecordKind, bodyText };
}

/** One step of a walk: a record, or damage, or a record that does not follow from the one before it. */
export interface Step {
  readonly record: ChainedRecord | undefined;
  readonly damage: Damage | undefined;
}

/**
 * Reads the records after `from`, up to the revision `last`, and checks that each follows from the one before.
 * After damage it goes on with what can still be checked. What comes after the last record it cannot know.
 */
export async function* walkRecords(
  store: Store,
  from: Position,
  last = Number.MAX_SAFE_INTEGER - 1,
): AsyncGenerator<Step> {
  let previous: Position = from;
  let isChainKnown = true;
  try {
    for await (const { key, value } of store.range(recordsBetween(from.revision, last))) {
      const revision = revisionOfKey(key);
      const record = revision === undefined ? undefined : decodeRecord(revision, value);
      const damage = record === undefined ? unreadable(previous, revision) : damageOf(previous, record, isChainKnown);
      yield { record, damage };
      previous = record ?? { ...previous, revision: revision ?? previous.revision + 1 };
      isChainKnown = record !== undefined;
    }
  } catch (error) {
    const revision = previous.revision + 1;
    const text = error instanceof Error ? error.message : String(error);
    yield {
      record: undefined,
      damage: { revision, what: `revision ${revision} and what follows cannot be read: ${text}` },
    };
  }
}

/** The place in the chain of the newest record not after `revision`, as it says itself. */
export async function positionAt(store: Store, revision: number): Promise<Position | undefined> {
  for await (const { key, value } of store.range({ ...recordsBetween(0, revision), reverse: true, limit: 1 })) {
    const found = revisionOfKey(key);
    return found === undefined ? undefined : decodeRecord(found, value);
  }
  return undefined;
}

function recordsBetween(after: number, last: number): { from: string; below: string } {
  return {
    from: recordKey(after + 1),
    below: last < Number.MAX_SAFE_INTEGER - 1 ? recordKey(last + 1) : JOURNAL_KEYS.recordsEnd,
  };
}

function damageOf(previous: Position, record: ChainedRecord, isChainKnown: boolean): Damage | undefined {
  const { revision, kind, bodyText } = record;
  const expected = previous.revision + 1;
  if (kind !== "skip" && revision !== expected) {
    return { revision: expected, what: `${revisions(expected, revision - 1)} missing` };
  }
  if (!isChainKnown || chain(previous, revision, kind, bodyText).checksum === record.checksum) return undefined;
  return { revision, what: `the record of revision ${revision} was altered, or one before it is gone` };
}

function unreadable(previous: Position, revision = previous.revision + 1): Damage {
  return { revision, what: `the record of revision ${revision} cannot be read` };
}

function revisions(first: number, last: number): string {
  return first === last ? `revision ${first} is` : `revisions ${first} to ${last} are`;
}
