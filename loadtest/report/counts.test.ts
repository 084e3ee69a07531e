import { describe, expect, it } from "vitest";
import { type Outcome, Tally } from "../driver/tally.js";
import { agrees, comparisonsOf } from "./counts.js";
import { failuresOf, mismatchesOf } from "./failures.js";
import type { Phase, Run } from "./phase.js";
import type { Reading } from "./reading.js";
import { savingsOf } from "./savings.js";

const SENT = {
  keepalive: 930,
  status: 60,
  open_session: 10,
  close_session: 10,
  set_metadata: 4,
  acquire: 1,
  release: 1,
};
const WRITES = 6;
const DECIDED = { setMetadata: 4, acquire: 1, release: 1, expire: 9 };

function outcome(requests: Outcome["requests"] = sent()): Outcome {
  const tally = new Tally();
  for (let i = 0; i < 1_000; i += 1) tally.done("KeepAlive", 1);
  return { ...tally.outcome(), requests };
}

function sent(lost: Partial<typeof SENT> = {}): Outcome["requests"] {
  const counted = Object.entries(SENT).map(([name, count]) => [
    name,
    { sent: count, lost: lost[name as "status"] ?? 0 },
  ]);
  return Object.fromEntries(counted) as Outcome["requests"];
}

type Counted = { [K in "gateway" | "link" | "commands" | "answers"]?: Record<string, number> };
const reading = (counts: Counted, sending: Partial<Reading> = {}): Reading => ({
  gateway: new Map(Object.entries(counts.gateway ?? {})),
  link: new Map(Object.entries(counts.link ?? {})),
  commands: new Map(Object.entries(counts.commands ?? DECIDED)),
  answers: new Map(Object.entries(counts.answers ?? {})),
  retries: 0,
  heldUp: 0,
  writes: 0,
  batches: 0,
  ...sending,
  cpuSeconds: 1,
});

const phase = (master: Reading, proxies = reading({})): Phase => ({
  outcome: outcome(),
  lags: [],
  promises: { judged: 0, broken: [], undecided: false },
  elapsedSeconds: 1,
  master,
  proxies,
});

const SENDING = { writes: WRITES, batches: WRITES };

const GOOD: Run = {
  idleCores: 0.5,
  strangers: 0,
  moments: [],
  direct: phase(reading({ gateway: { ...SENT, readyz: 3, other: 2 }, answers: { bypass: 60 }, commands: DECIDED })),
  proxied: phase(
    reading({ gateway: { other: 2 }, link: { renew: 2, fill: 15, execute: WRITES } }),
    reading({ gateway: { ...SENT, other: 4 }, answers: { hit: 45, miss: 15 } }, SENDING),
  ),
};

const mismatches = (run: Run): string[] =>
  comparisonsOf(run)
    .filter((each) => !agrees(each))
    .map(({ what }) => what);
const withDirect = (change: Partial<Phase>): Run => ({ ...GOOD, direct: { ...GOOD.direct, ...change } });
const withProxied = (change: Partial<Phase>): Run => ({ ...GOOD, proxied: { ...GOOD.proxied, ...change } });

const withSending = (sending: Partial<Reading>, master: Counted): Run =>
  withProxied({ master: reading(master), proxies: reading({ gateway: SENT, answers: { hit: 60 } }, sending) });

describe("the counts of a run", () => {
  it("agree when everybody counted what was sent", () => {
    expect(mismatches(GOOD)).toEqual([]);
  });

  it.each([
    ["a KeepAlive too few", { keepalive: 929 }, "direct: at the master's gateway, keepalive"],
    ["a read too many", { status: 61 }, "direct: at the master's gateway, status"],
    ["a renewal that nobody sent", { renew: 1 }, "direct: at the master's gateway, renew"],
  ])("do not agree when the master counted %s", (_, wrong, what) => {
    const run = withDirect({ master: reading({ gateway: { ...SENT, ...wrong }, commands: DECIDED }) });
    expect(mismatches(run)).toEqual([what]);
    expect(mismatchesOf(run)[0]).toContain(`${what}: ${Object.values(wrong)[0]} counted`);
  });

  it("do not agree when a proxy called the master while there should be none", () => {
    expect(
      mismatches(withDirect({ master: reading({ gateway: SENT, link: { renew: 1 }, commands: DECIDED }) })),
    ).toEqual(["direct: calls of proxies at the master"]);
  });

  it("do not agree when a client of a proxy reached the master's gateway", () => {
    const master = reading({ gateway: { keepalive: 1 }, link: { execute: WRITES } });
    expect(mismatches(withProxied({ master }))).toEqual(["proxied: at the master's gateway, keepalive"]);
  });

  it.each([WRITES - 1, WRITES + 1])("do not agree when the master decided %i of 6 writes", (acquire) => {
    const master = reading({ gateway: SENT, commands: { acquire } });
    expect(mismatches(withDirect({ master }))).toEqual(["direct: writes decided by the master"]);
    expect(mismatches(withProxied({ master: reading({ link: { execute: WRITES }, commands: { acquire } }) }))).toEqual([
      "proxied: writes decided by the master",
    ]);
  });

  it.each([WRITES - 1, WRITES + 1])("do not agree when the master counted %i of 6 calls with writes", (execute) => {
    expect(mismatches(withProxied({ master: reading({ link: { execute } }) }))).toEqual([
      "proxied: execute calls at the master",
    ]);
  });

  it("leave room for the writes that proxies may have sent once more, and for no others", () => {
    const sent = (writes: number) =>
      withSending({ writes, batches: WRITES, retries: 2, heldUp: 1 }, { link: { execute: WRITES } });
    const agreed = [WRITES, WRITES + 1, WRITES + 2, WRITES + 3, WRITES + 4].map((writes) => mismatches(sent(writes)));
    const wrong = ["proxied: writes that the proxies sent on"];
    expect(agreed).toEqual([wrong, [], [], [], wrong]);
  });

  it("leave room for deciding once more what was held up or tried again, and for no others", () => {
    const decided = (acquire: number) =>
      withSending(
        { writes: WRITES + 2, batches: WRITES + 2, retries: 1, heldUp: 1 },
        { link: { execute: WRITES + 2 }, commands: { acquire } },
      );
    const agreed = [WRITES - 1, WRITES, WRITES + 2, WRITES + 3].map((acquire) => mismatches(decided(acquire)));
    const wrong = ["proxied: writes decided by the master"];
    expect(agreed).toEqual([wrong, [], [], wrong]);
  });

  it("leave room for calls that were lost, where writes were tried again", () => {
    const called = (execute: number) => withSending({ writes: WRITES, batches: 4, retries: 1 }, { link: { execute } });
    const agreed = [2, 3, 4, 5].map((execute) => mismatches(called(execute)));
    const wrong = ["proxied: execute calls at the master"];
    expect(agreed).toEqual([wrong, [], [], wrong]);
  });

  it("do not agree when a proxy answered a read that it did not count", () => {
    expect(mismatches(withProxied({ proxies: reading({ gateway: SENT, answers: { hit: 59 } }, SENDING) }))).toEqual([
      "proxied: reads answered at the proxies",
    ]);
  });

  it("do not agree when a watch was not told of a fail-over", () => {
    const told = { ...outcome(), noticesDue: 1 };
    expect(mismatches(withProxied({ outcome: told }))).toEqual(["proxied: notices of fail-overs"]);
  });

  it("do not agree when the halves of the run were not asked for the same work", () => {
    const { status: _, ...rest } = SENT;
    const requests = { ...sent(), status: { sent: 0, lost: 0 } };
    const proxies = reading({ gateway: rest }, SENDING);
    expect(mismatches(withProxied({ outcome: outcome(requests), proxies }))).toEqual([
      "requests asked for, proxied as direct",
    ]);
  });

  it("leave room for a request whose answer was lost, and for no other", () => {
    const lost = outcome(sent({ status: 2 }));
    const counted = (status: number) => reading({ gateway: { ...SENT, status }, commands: DECIDED });
    expect(mismatches(withDirect({ outcome: lost, master: counted(58) }))).toEqual([]);
    expect(mismatches(withDirect({ outcome: lost, master: counted(57) }))).toHaveLength(1);
  });
});

describe("a run at a cell that others use", () => {
  it("does not pass", () => {
    expect(failuresOf(GOOD)).toEqual([]);
    expect(failuresOf({ ...GOOD, strangers: 3 })).toEqual([expect.stringContaining("3 requests came")]);
  });
});

describe("what the proxies saved", () => {
  it("is the factor between the requests at the master, for the same client work", () => {
    const savings = savingsOf(GOOD);
    expect(savings.requests).toBeCloseTo(1_016 / 23);
    expect(savings.keepAlives).toBeCloseTo(930 / 2);
    expect(savings.reads).toBeCloseTo(60 / 15);
  });

  it("is told of CPU above that of a master with nothing to do", () => {
    const run = withProxied({ master: { ...GOOD.proxied.master, cpuSeconds: 0.55 } });
    expect(savingsOf(run).masterCpu).toBeCloseTo(10);
    expect(savingsOf({ ...run, idleCores: undefined }).masterCpu).toBeNaN();
  });

  it("is infinite where nothing is left", () => {
    const run = withProxied({ master: reading({ link: { renew: 2 }, commands: DECIDED }) });
    expect(savingsOf(run).reads).toBe(Number.POSITIVE_INFINITY);
  });
});
