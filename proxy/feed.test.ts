import { beforeEach, describe, expect, it } from "vitest";
import { Fault } from "../shared/protocol/errors.js";
import { commit, ProxyFixture } from "./proxy.fixture.js";

let cell: ProxyFixture;
let heard: (number | "lost")[];
beforeEach(async () => {
  cell = await new ProxyFixture().started();
  heard = [];
  cell.feed.follow({ onCommit: ({ revision }) => heard.push(revision), onLost: () => heard.push("lost") });
});

const tellsAfter = (...revisions: number[]) => {
  cell.master.script.events = ({ after }) => ({
    status: "events",
    commits: revisions.filter((revision) => revision > after).map(commit),
    revision: Math.max(...revisions),
  });
};

describe("a proxy's feed (W1)", () => {
  it("begins where the master was, and tells what comes on the bus, once and in order", async () => {
    expect(cell.feed.revision).toBe(10);
    cell.publish(10, commit(11), commit(12));
    cell.publish(10, commit(11), commit(12));
    cell.publish(12, commit(15));
    await cell.world.runFor(50);
    expect([heard, cell.feed.revision, cell.asked("events")]).toEqual([[11, 12, 15], 15, []]);
  });

  it("repairs a gap before it goes on, from the master and from what comes late", async () => {
    tellsAfter(11, 12);
    cell.publish(12, commit(13));
    cell.publish(13, commit(14));
    await cell.world.runFor(50);
    expect(heard).toEqual([11, 12, 13, 14]);
    expect(cell.asked("events")).toEqual([{ epoch: 1, after: 10 }]);
    expect(await cell.metric("octofleet_proxy_feed_gaps_repaired_total")).toBe(1);
  });

  it("asks at once for a commit that was too large for the bus", async () => {
    tellsAfter(11);
    cell.publish(11);
    await cell.world.runFor(50);
    expect(heard).toEqual([11]);
  });

  it("tries again until the gap is repaired", async () => {
    cell.master.script.events = () => {
      throw new Fault("upstream_unavailable", "Away.");
    };
    cell.publish(11, commit(12));
    await cell.world.runFor(700);
    expect(heard).toEqual([]);
    tellsAfter(11, 12);
    await cell.world.runFor(300);
    expect(heard).toEqual([11, 12]);
  });

  it("learns of the loss of the last message from a renewal", async () => {
    tellsAfter(11);
    cell.revision = 11;
    await cell.world.runFor(1_100);
    expect(heard).toEqual([11]);
    await cell.world.runFor(5_000);
    expect(cell.asked("events")).toHaveLength(1);
  });

  it("does not ask on and on for what the master itself does not have", async () => {
    tellsAfter(10);
    cell.revision = 20;
    await cell.world.runFor(3_500);
    expect(cell.asked("events").length).toBeLessThanOrEqual(4);
  });

  it("learns at a new master of what the old one did, and starts over at one that is another cell's", async () => {
    tellsAfter(11, 12);
    Object.assign(cell, { epoch: 2, revision: 12 });
    await cell.world.runFor(2_000);
    expect([heard, cell.feed.revision]).toEqual([[11, 12], 12]);
    Object.assign(cell, { epoch: 3, revision: 5 });
    await cell.world.runFor(2_000);
    expect([heard, cell.feed.revision]).toEqual([[11, 12, "lost"], 5]);
  });

  it("takes nothing from another epoch's messages", async () => {
    cell.epoch = 7;
    cell.publish(10, commit(11));
    cell.epoch = 1;
    await cell.world.runFor(50);
    expect(heard).toEqual([]);
  });

  it("says so when nobody can tell what was missed", async () => {
    cell.master.script.events = () => ({ status: "compacted", revision: 40 });
    cell.publish(30, commit(31));
    await cell.world.runFor(50);
    expect([heard, cell.feed.revision]).toEqual([["lost"], 40]);
    cell.publish(40, commit(41));
    await cell.world.runFor(50);
    expect(heard).toEqual(["lost", 41]);
  });

  it("tells whoever resumes what came since, from its own memory or the master's", async () => {
    const since = async (revision: number) => {
      const told = await cell.world.settle(cell.feed.since(revision), 1_000);
      return told === "compacted" ? told : [told.commits.map((each) => each.revision), told.revision];
    };
    cell.publish(10, commit(11), commit(12));
    await cell.world.runFor(50);
    expect([await since(10), await since(11), await since(12)]).toEqual([
      [[11, 12], 12],
      [[12], 12],
      [[], 12],
    ]);
    expect(cell.asked("events")).toEqual([]);
    tellsAfter(7, 9, 11, 12, 13);
    expect(await since(6)).toEqual([[7, 9, 11, 12], 12]);
    cell.master.script.events = () => ({ status: "compacted", revision: 12 });
    expect([await since(2), heard]).toEqual(["compacted", [11, 12]]);
  });

  it("has a resume from a revision that the master has not reached start over", async () => {
    tellsAfter(11);
    const told = await cell.world.settle(cell.feed.since(11), 1_000);
    expect([told, heard]).toEqual([{ commits: [], revision: 11 }, [11]]);
    expect(await cell.world.settle(cell.feed.since(99), 1_000)).toBe("compacted");
  });

  it("says that it cannot know while the master is away", async () => {
    cell.linkFaults.partitioned = "both";
    const told = cell.feed.since(3);
    const failed = expect(told).rejects.toMatchObject({ code: "upstream_unavailable" });
    await cell.world.runFor(2_000);
    await failed;
  });
});
