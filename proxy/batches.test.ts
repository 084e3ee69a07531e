import { beforeEach, describe, expect, it } from "vitest";
import type { MasterLink } from "../shared/ports/link.js";
import { tokenHash } from "../shared/protocol/tokens.js";
import { SimClock } from "../shared/sim/sim-clock.js";
import { Batches } from "./batches.js";
import type { ProxyLease } from "./lease.js";

let clock: SimClock;
/** How many writes each call had that left. */
let calls: number[];
let answers: (() => void)[];
let batches: Batches;

beforeEach(() => {
  clock = new SimClock();
  calls = [];
  answers = [];
  const execute: MasterLink["execute"] = async ({ writes }) => {
    calls.push(writes.length);
    await new Promise<void>((resolve) => answers.push(resolve));
    const answer = { status: "released" } as const;
    return { results: writes.map(() => ({ status: "decided" as const, answer, attachment: null })), revision: 1 };
  };
  const lease = { lastEpoch: 1, running: () => ({ epoch: 1, proxyId: "1-1" }) } as unknown as ProxyLease;
  const link = { execute } as MasterLink;
  batches = new Batches({ clock, link, lease, onSent: () => {}, onHeldUp: () => {} });
});

const send = (operationId: string) =>
  batches.send({
    operationId,
    tokenHash: tokenHash("alice"),
    command: { kind: "release", name: "lock", leaseId: "lease" },
  });

/** One in each turn, so that none travels with another for having come together with it. */
async function sendApart(...ids: string[]): Promise<{ readonly all: Promise<unknown> }> {
  const sent: Promise<unknown>[] = [];
  for (const id of ids) {
    sent.push(send(id));
    await clock.runFor(0.1);
  }
  return { all: Promise.all(sent) };
}

describe("writes on their way to the master", () => {
  it("travel at once while there are few", async () => {
    await sendApart("a", "b", "c", "d");
    expect(calls).toEqual([1, 1, 1, 1]);
  });

  it("gather while a few calls are under way, and travel together when one of these is answered", async () => {
    const { all } = await sendApart("a", "b", "c", "d", "e", "f", "g");
    expect(calls).toEqual([1, 1, 1, 1]);
    answers[0]?.();
    await clock.runFor(0.1);
    expect(calls).toEqual([1, 1, 1, 1, 3]);
    for (const answer of answers) answer();
    await all;
    const late = await sendApart("h");
    answers.at(-1)?.();
    await late.all;
    expect(calls).toEqual([1, 1, 1, 1, 3, 1]);
  });

  it("do not wait for long where none is answered: one of them may wait for a proxy that died (P7)", async () => {
    await sendApart("a", "b", "c", "d", "e", "f");
    await clock.runFor(4);
    expect(calls).toEqual([1, 1, 1, 1]);
    await clock.runFor(1);
    expect(calls).toEqual([1, 1, 1, 1, 2]);
  });
});
