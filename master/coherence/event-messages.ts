import type { EventMessage, Refresh } from "../../shared/protocol/bus.js";
import type { Commit } from "../../shared/protocol/link.js";

/** A bus carries messages of up to a mebibyte, as NATS does unless told otherwise. So many entries fit for certain. */
const ENTRIES_MAX = 100;

/**
 * The commits of one batch as messages that the bus can carry, the first of which follows on `previous`.
 *
 * A commit is never told in parts, for whoever got only one of them could not know. One that is too large by itself (a
 * session ended that held very many locks) is left out: the message after it shows the gap, and whoever wants it asks
 * the master.
 */
export function eventMessages(
  epoch: number,
  previous: number,
  commits: readonly Commit[],
  refreshes: readonly Refresh[],
): EventMessage[] {
  const messages: EventMessage[] = [];
  let told = previous;
  let open: { message: EventMessage; entries: number } | undefined;
  for (const commit of commits) {
    const entries = entriesOf(commit);
    const isTooLarge = entries > ENTRIES_MAX;
    if (open === undefined || isTooLarge || open.entries + entries > ENTRIES_MAX) {
      open = {
        message: { epoch, previous: isTooLarge ? commit.revision : told, commits: [], refreshes: [] },
        entries: 0,
      };
      messages.push(open.message);
    }
    told = commit.revision;
    if (isTooLarge) continue;
    open.entries += entries;
    open.message.commits.push(commit);
  }
  for (const message of messages) message.refreshes = refreshesOf(message.commits, refreshes);
  return messages;
}

const entriesOf = ({ changes, grants = [] }: Commit): number => changes.length + grants.length;

function refreshesOf(commits: readonly Commit[], refreshes: readonly Refresh[]): Refresh[] {
  if (refreshes.length === 0) return [];
  const keys = new Set(commits.flatMap(({ changes }) => changes.map(({ entry }) => entry.key)));
  return refreshes.filter(({ key }) => keys.has(key));
}
