import { describe, expect, it } from "vitest";
import { type HandProxy, idOf, SESSION_LEASE_MS, SimMaster, unanchored } from "../sim-master.fixture.js";

const resumed = (at: number) => ({ kind: "resumeSession", secretHash: `secret of ${idOf(at)}` }) as const;

/** A proxy that holds some sessions, each with a lock. */
async function withSessions(count: number) {
  const sim = await SimMaster.start();
  const p1 = await sim.proxy("p1");
  for (let at = 1; at <= count; at++) await p1.anchor(idOf(at), `lock-${at}`);
  return { sim, p1 };
}

/** What the master asked for in each of so many renewals. */
async function wanted(proxy: HandProxy, renewals: number) {
  const wants = [];
  for (let at = 0; at < renewals; at++) wants.push((await proxy.renew()).wants);
  return wants;
}

describe("S8: digests", () => {
  it("agree over everything that comes and goes as the protocol has it", async () => {
    const { sim, p1 } = await withSessions(10);
    const p2 = await sim.proxy("p2");
    const all = [];
    all.push(...(await wanted(p1, 2)));
    for (const at of [1, 3, 4, 5]) {
      await p2.write(resumed(at), { sessionId: idOf(at), attachment: null });
      all.push(...(await wanted(p1, 1)));
    }
    all.push(...(await wanted(p1, 3)), ...(await wanted(p2, 3)));
    const closed = { sessionId: idOf(2), attachment: p1.held.get(idOf(2)) as number };
    p1.held.delete(idOf(2));
    all.push(...(await wanted(p1, 1)));
    await p1.write({ kind: "closeSession" }, closed);
    all.push(...(await wanted(p1, 3)));
    expect(new Set(all)).toEqual(new Set(["digest"]));
    expect(p1.held.size).toBe(5);
  });

  it("do not count what the proxy cannot know yet: an answer under way, a list not seen", async () => {
    const { sim, p1 } = await withSessions(2);
    await sim.settle(p1.send([{ command: { kind: "openSession" }, session: unanchored(idOf(3)) }]));
    expect(await wanted(p1, 4)).toEqual(["digest", "digest", "digest", "digest"]);
    p1.hold(idOf(3), (await p1.write({ kind: "openSession" }, unanchored(idOf(3)))).attachment as number);
    expect(await wanted(p1, 4)).toEqual(["digest", "digest", "digest", "digest"]);
  });

  it("but an answer is known after half a minute: what the proxy does not hold then is an orphan", async () => {
    const { sim, p1 } = await withSessions(1);
    await sim.settle(p1.send([{ command: { kind: "openSession" }, session: unanchored(idOf(3)) }]));
    await p1.keepFor(29_000);
    expect(await sim.metric("orphans")).toBe(0);
    await p1.keepFor(8_000);
    expect(await sim.metric("orphans")).toBe(1);
    expect(await sim.session(idOf(3))).toBeDefined();
  });
});

describe("S8: what differs is found out, and acted on only if it differed in two lists running", () => {
  it("a session that is not listed becomes an orphan, and is never ended for it", async () => {
    const { sim, p1 } = await withSessions(20);
    p1.held.delete(idOf(7));
    expect(await wanted(p1, 4)).toEqual(["digest", "buckets", [7], [7]]);
    expect(await sim.metric("orphans")).toBe(0);
    expect(await wanted(p1, 2)).toEqual(["digest", "digest"]);
    expect(await sim.metric("orphans")).toBe(1);
    expect(await sim.metric("sessions_reconciled_total", { how: "orphaned" })).toBe(1);
    await p1.keepFor(SESSION_LEASE_MS);
    expect(await sim.session(idOf(7))).toBeDefined();
  });

  it("a session that ended is told to the proxy, which drops it", async () => {
    const { sim, p1 } = await withSessions(5);
    p1.held.set(idOf(200), 3);
    expect(await wanted(p1, 4)).toEqual(["digest", "buckets", [200], [200]]);
    expect(await p1.renew()).toMatchObject({ wants: "digest", gone: [{ sessionId: idOf(200), attachment: 3 }] });
    expect(p1.held.has(idOf(200))).toBe(false);
    expect(await wanted(p1, 2)).toEqual(["digest", "digest"]);
    expect(await sim.metric("sessions_reconciled_total", { how: "dropped" })).toBe(1);
  });

  it("a list never takes a session from a proxy whose lease runs, but claims an orphan", async () => {
    const { sim, p1 } = await withSessions(3);
    const p2 = await sim.proxy("p2");
    const attachment = p1.held.get(idOf(2)) as number;
    p2.hold(idOf(2), attachment);
    for (let at = 0; at < 5; at++) {
      await p1.renew();
      await p2.renew();
    }
    expect([p1.held.has(idOf(2)), p2.held.has(idOf(2))]).toEqual([true, false]);
    await p1.renew({ leaving: true });
    expect(await sim.metric("orphans")).toBe(3);
    p2.hold(idOf(2), attachment);
    await wanted(p2, 5);
    expect([await sim.metric("orphans"), p2.held.has(idOf(2))]).toEqual([2, true]);
    expect(await sim.metric("sessions_reconciled_total", { how: "claimed" })).toBe(1);
  });

  it("a difference that heals by itself is not acted on", async () => {
    const { sim, p1 } = await withSessions(5);
    const attachment = p1.held.get(idOf(3)) as number;
    p1.held.delete(idOf(3));
    expect(await wanted(p1, 4)).toEqual(["digest", "buckets", [3], [3]]);
    p1.held.set(idOf(3), attachment);
    expect(await wanted(p1, 3)).toEqual(["digest", "digest", "digest"]);
    // Another one of the same bucket must differ in two lists of its own.
    const other = `03${"f".repeat(30)}`;
    p1.held.set(other, 2);
    expect(await wanted(p1, 3)).toEqual(["digest", "buckets", [3]]);
    p1.held.set(other, 3);
    expect(await wanted(p1, 1)).toEqual([[3]]);
    p1.held.delete(other);
    expect(await wanted(p1, 2)).toEqual(["digest", "digest"]);
    expect(p1.gone).toEqual([]);
    expect(await sim.metric("orphans")).toBe(0);
  });
});

describe("P8: a renewal does not grow with the sessions", () => {
  it("in either direction, while nothing changes", async () => {
    const sizes = [];
    for (const count of [1, 60]) {
      const { p1 } = await withSessions(count);
      const reply = await p1.renew();
      sizes.push(JSON.stringify(reply).length);
    }
    expect(Math.abs((sizes[0] as number) - (sizes[1] as number))).toBeLessThan(4);
  });
});
