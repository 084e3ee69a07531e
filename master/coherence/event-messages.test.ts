import { describe, expect, it } from "vitest";
import type { Commit, Grant } from "../../shared/protocol/link.js";
import { eventMessages } from "./event-messages.js";

/** A commit with so many changes, each as large as they come, and a grant for some of them. */
function commit(revision: number, changes: number, grants = 0): Commit {
  const metadata = "\u0000".repeat(1_024);
  const name = "x".repeat(256);
  const lock = { kind: "lock", name, holderId: "h".repeat(36), fencingToken: 1, expiresAtWallMs: 1, metadata } as const;
  const answer: Grant["answer"] = {
    ...{ status: "acquired", leaseId: "l".repeat(36), fencingToken: 1 },
    ...{ expiresAtWallMs: null, renewAfterMs: null, metadata },
  };
  const key = `lock/${name}${revision}`;
  return {
    revision,
    changes: Array.from({ length: changes }, () => ({ entry: { key, value: lock, revision }, event: "acquired" })),
    grants: Array.from({ length: grants }, () => ({ sessionId: "5", operationId: "o".repeat(128), name, answer })),
  };
}

describe("events on the bus", () => {
  it("fit into its messages, whatever they carry, and each follows on the one before", () => {
    const commits = Array.from({ length: 150 }, (_, at) => commit(at + 11, 1, 1));
    const messages = eventMessages(1, 10, commits, []);
    expect(messages.flatMap((message) => message.commits)).toEqual(commits);
    let told = 10;
    for (const message of messages) {
      expect(JSON.stringify(message).length).toBeLessThan(1024 * 1024);
      expect(message.previous).toBe(told);
      told = message.commits.at(-1)?.revision as number;
    }
  });

  it("carry each refresh with its entry", () => {
    const commits = [commit(11, 60), commit(12, 60)];
    const refreshes = commits.map(({ changes }) => ({
      key: changes[0]?.entry.key as string,
      round: 1,
      proxies: ["p"],
    }));
    expect(eventMessages(1, 10, commits, refreshes).map((message) => message.refreshes)).toEqual([
      [refreshes[0]],
      [refreshes[1]],
    ]);
  });

  it("leave out a commit that is too large by itself, and show the gap", () => {
    const messages = eventMessages(1, 10, [commit(11, 1), commit(12, 101), commit(13, 1)], []);
    expect(messages.map(({ previous, commits }) => [previous, commits.map(({ revision }) => revision)])).toEqual([
      [10, [11]],
      [12, [13]],
    ]);
    expect(eventMessages(1, 10, [commit(12, 60, 60)], [])).toMatchObject([{ previous: 12, commits: [] }]);
  });
});
