import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { MasterLink } from "../ports/link.js";
import { Fault } from "../protocol/errors.js";
import { LINK_CALL_NAMES, type LinkCallName, type LinkReply, type LinkRequest } from "../protocol/link-wire.js";
import type { SimClock } from "../sim/sim-clock.js";
import { EXCHANGES, sampleOf } from "./link-samples.fixture.js";
import { ScriptedMaster } from "./scripted-master.fixture.js";
import { until } from "./until.fixture.js";

/** A link with a master of the suite's behind it. */
export interface LinkUnderTest {
  readonly link: MasterLink;
  /** From now on nothing gets through to the master or back, for good. */
  cut(): void | Promise<void>;
  /** The time that a simulated link takes; without it, time passes by itself. */
  readonly clock?: SimClock;
  close(): void | Promise<void>;
}

/** What every `MasterLink` between a proxy and a master must do. `connect` makes one to the given master. */
export function linkContract(
  name: string,
  connect: (target: MasterLink) => LinkUnderTest | Promise<LinkUnderTest>,
): void {
  describe(`${name}: the link's contract`, () => {
    let master: ScriptedMaster;
    let under: LinkUnderTest;

    beforeEach(async () => {
      master = new ScriptedMaster();
      under = await connect(master);
    });
    afterEach(() => under.close());

    const settled = <T>(call: Promise<T>): Promise<T> => under.clock?.settle(call, LIMIT_MS) ?? call;
    const arrived = (calls: number): Promise<void> => {
      const all = (): boolean => master.asked.length === calls;
      return under.clock?.runUntil(all, LIMIT_MS) ?? until(all);
    };
    const ask = <C extends LinkCallName>(call: C, request: LinkRequest<C>): Promise<LinkReply<C>> =>
      under.link[call](request as never) as Promise<LinkReply<C>>;
    const failure = (call: Promise<unknown>): Promise<unknown> => settled(rejection(call));

    it.each(EXCHANGES.map((exchange, at) => [`${exchange.call} ${at}`, exchange] as const))(
      "carries %s to the letter, there and back",
      async (_title, { call, request, reply }) => {
        (master.script as Record<LinkCallName, () => unknown>)[call] = () => reply;
        expect(await settled(ask(call, request))).toStrictEqual(reply);
        expect(master.asked).toStrictEqual([{ call, request }]);
      },
    );

    it("hands over copies: what one side does to a message, the other does not see", async () => {
      const { request, reply } = sampleOf("fill");
      const kept = structuredClone(reply);
      master.script.fill = () => kept;
      const received = await settled(ask("fill", structuredClone(request)));
      received.filled.length = 0;
      expect(kept).toStrictEqual(reply);
    });

    it.each(LINK_CALL_NAMES)("carries a fault of %s with all that it says", async (call) => {
      const fault = new Fault("lease_not_current", "The lease ‘x’ is over.", {
        retryAfterMs: 1_234.5,
        httpStatus: 409,
      });
      (master.script as Record<LinkCallName, () => unknown>)[call] = () => Promise.reject(fault);
      const met = await failure(ask(call, sampleOf(call).request));
      expect(met).toBeInstanceOf(Fault);
      expect(partsOf(met as Fault)).toStrictEqual(partsOf(fault));
    });

    it("gives a fault that says no more than its code the code's own status", async () => {
      master.script.renew = () => Promise.reject(new Fault("lease_expired", "Register anew."));
      const met = (await failure(ask("renew", sampleOf("renew").request))) as Fault;
      expect([met.code, met.httpStatus, met.retryAfterMs]).toStrictEqual(["lease_expired", 409, undefined]);
    });

    it.each(LINK_CALL_NAMES)("says of %s to a master out of reach that the outcome is unknown", async (call) => {
      await under.cut();
      const met = await failure(ask(call, sampleOf(call).request));
      expect(met).toBeInstanceOf(Fault);
      expect((met as Fault).code).toBe("upstream_unavailable");
    });

    it("says of a call that was cut off under way that the outcome is unknown", async () => {
      const call = rejection(ask("execute", sampleOf("execute").request));
      await arrived(1);
      await under.cut();
      expect(((await settled(call)) as Fault).code).toBe("upstream_unavailable");
    });

    it("does not mix up calls that are under way together", async () => {
      const waiting: (() => void)[] = [];
      master.script.events = ({ after }) =>
        new Promise((resolve) => {
          waiting.push(() => resolve({ status: "compacted", revision: after }));
          if (waiting.length === 10) for (const answer of waiting.splice(0).reverse()) answer();
        });
      const numbers = Array.from({ length: 200 }, (_, at) => at);
      const replies = await settled(Promise.all(numbers.map((after) => ask("events", { epoch: 1, after }))));
      expect(replies.map((reply) => reply.revision)).toStrictEqual(numbers);
    });

    it("L4: 100 writes, a read and a renewal that hang hold up no register, renew, fill or other write", async () => {
      const { request, reply } = sampleOf("execute");
      let ended = 0;
      const hang = (call: LinkCallName): unknown => rejection(ask(call, sampleOf(call).request)).then(() => ended++);
      for (let at = 0; at < 100; at++) hang("execute");
      hang("events");
      hang("renew");
      await arrived(102);
      for (const call of ["register", "renew", "fill"] as const) {
        (master.script as Record<LinkCallName, () => unknown>)[call] = () => sampleOf(call).reply;
        expect(await settled(ask(call, sampleOf(call).request))).toStrictEqual(sampleOf(call).reply);
      }
      master.script.execute = () => reply;
      expect(await settled(ask("execute", request))).toStrictEqual(reply);
      expect(ended).toBe(0);
    });
  });
}

const LIMIT_MS = 60_000;

const partsOf = ({ code, message, httpStatus, retryAfterMs }: Fault) => ({ code, message, httpStatus, retryAfterMs });

function rejection(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => "no rejection",
    (error: unknown) => error,
  );
}
