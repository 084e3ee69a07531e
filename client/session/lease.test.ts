import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LIMITS } from "../../shared/protocol/limits.js";
import { SimClock } from "../../shared/sim/sim-clock.js";
import { Lease, type Sending } from "./lease.js";

const LEASE_MS = 10_000;
const grant = (attachment: number | null) => ({ leaseMs: LEASE_MS, attachment });

describe("the client's lease", () => {
  it("counts from before the request was sent, less the drift", async () => {
    const clock = new SimClock();
    const lease = new Lease(clock);
    const sent = lease.sending();
    await clock.runFor(4_000);
    lease.extend(sent, grant(null));
    expect(lease.leftMs()).toBe(LEASE_MS * LIMITS.driftFactor - 4_000);
  });

  it("is over by itself, whoever looks late", async () => {
    const clock = new SimClock();
    const lease = new Lease(clock);
    lease.extend(lease.sending(), grant(null));
    await clock.runFor(9_799);
    expect(lease.leftMs()).toBeGreaterThan(0);
    await clock.runFor(1);
    expect(lease.leftMs()).toBe(0);
  });

  it("S4: ends when the wall clock says so, and does not begin again when that goes back", async () => {
    const clock = new SimClock();
    const lease = new Lease(clock);
    lease.extend(lease.sending(), grant(null));
    clock.stepWall(9_800);
    expect(lease.leftMs()).toBe(0);
    clock.stepWall(-9_800);
    expect(lease.leftMs()).toBe(0);
  });

  it("S4: is not lengthened by a wall clock that goes back", async () => {
    const clock = new SimClock();
    const lease = new Lease(clock);
    lease.extend(lease.sending(), grant(null));
    clock.stepWall(-3_600_000);
    await clock.runFor(9_800);
    expect(lease.leftMs()).toBe(0);
  });

  it("S3: is not lengthened by what was asked before a resume", async () => {
    const clock = new SimClock();
    const lease = new Lease(clock);
    lease.extend(lease.sending(), grant(5));
    await clock.runFor(1_000);
    const before = lease.sending();
    lease.resuming();
    expect(lease.extend(before, grant(5))).toBe(false);
    expect(lease.extend(before, grant(9))).toBe(false);
    expect(lease.leftMs()).toBe(8_800);
  });

  it("S3: is lengthened after a resume by higher numbers only", () => {
    const lease = new Lease(new SimClock());
    lease.extend(lease.sending(), grant(5));
    const resumed = lease.resuming();
    expect(lease.extend(resumed, grant(5))).toBe(false);
    expect(lease.extend(resumed, grant(null))).toBe(false);
    expect(lease.extend(resumed, grant(6))).toBe(true);
    expect(lease.extend(lease.sending(), grant(6))).toBe(true);
  });

  it("S3: what a resume that was overtaken by another one says does not count", () => {
    const lease = new Lease(new SimClock());
    lease.extend(lease.sending(), grant(5));
    const first = lease.resuming();
    const second = lease.resuming();
    expect(lease.extend(first, grant(7))).toBe(false);
    expect(lease.extend(second, grant(8))).toBe(true);
  });
});

/** What may happen to a lease, in any order. */
const step = fc.oneof(
  fc.record({ kind: fc.constant("pass" as const), ms: fc.integer({ min: 0, max: 6_000 }) }),
  fc.record({ kind: fc.constant("stepWall" as const), ms: fc.integer({ min: -20_000, max: 20_000 }) }),
  fc.record({ kind: fc.constant("send" as const) }),
  fc.record({ kind: fc.constant("resume" as const) }),
  fc.record({ kind: fc.constant("answer" as const), at: fc.nat(20), attachment: fc.nat(4) }),
);

it("whatever happens, runs no longer than the last answer that may lengthen it allows, on either clock", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const clock = new SimClock();
      const lease = new Lease(clock);
      const asked: (Sending & { floor: number | null; resumes: number })[] = [];
      let known: number | null = null;
      let resumes = 0;
      let floor: number | null = null;
      const allowed: { untilMs: number; untilWallMs: number }[] = [];
      for (const each of steps) {
        if (each.kind === "pass") await clock.runFor(each.ms);
        if (each.kind === "stepWall") clock.stepWall(each.ms);
        if (each.kind === "send") asked.push({ ...lease.sending(), floor, resumes });
        if (each.kind === "resume") {
          floor = known;
          resumes += 1;
          asked.push({ ...lease.resuming(), floor, resumes });
        }
        const request = each.kind === "answer" ? asked[each.at] : undefined;
        if (each.kind === "answer" && request !== undefined) {
          const { attachment } = each;
          lease.extend(request, grant(attachment));
          if (request.resumes === resumes && (floor === null || attachment > floor)) {
            known = Math.max(known ?? 0, attachment);
            const untilMs = request.monotonicMs + LEASE_MS * LIMITS.driftFactor;
            allowed.push({ untilMs, untilWallMs: request.wallMs + LEASE_MS * LIMITS.driftFactor });
          }
        }
        const runs = allowed.some(
          ({ untilMs, untilWallMs }) => clock.monotonicMs() < untilMs && clock.wallMs() < untilWallMs,
        );
        if (!runs) expect(lease.leftMs()).toBe(0);
      }
    }),
    { numRuns: 300 },
  );
});
