import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Bus, type BusStatus, SUBJECTS, type Subject } from "../ports/bus.js";

/** A bus without faults, in a world where time passes. */
export interface BusWorld {
  /** A connection to it. A bus that is one object for everybody gives that. */
  join(name: string): Promise<Bus>;
  /** Lets time pass until the predicate holds; throws when it does not for long. */
  until(predicate: () => boolean): Promise<void>;
  /** Takes the bus away from everybody, as a stopped server does, and gives it back; where that can be. */
  readonly outage?: { begin(): Promise<void>; end(): Promise<void> };
  end(): Promise<void>;
}

/** What every `Bus` does while nothing goes wrong, and what it does when the bus is away. */
export function busContract(name: string, makeWorld: () => Promise<BusWorld>, { outages }: { outages: boolean }): void {
  describe(`the contract of a bus: ${name}`, () => {
    let world: BusWorld;
    let probes = 0;
    let near: Bus;
    let far: Bus;
    beforeEach(async () => {
      world = await makeWorld();
      near = await world.join("near");
      far = await world.join("far");
    });
    afterEach(() => world.end());

    /** Subscribes, and waits until the bus knows it: what one sends oneself comes after one's subscription. */
    async function listen(bus: Bus, subject: Subject = "rounds"): Promise<{ heard: string[]; stop(): void }> {
      const heard: string[] = [];
      const subscription = bus.subscribe(subject, (message) => heard.push(message));
      probes += 1;
      const probe = `probe ${probes}`;
      bus.publish(subject, probe);
      await world.until(() => heard.includes(probe));
      return { heard, stop: () => subscription.unsubscribe() };
    }
    const real = (heard: string[]) => heard.filter((message) => !message.startsWith("probe"));

    it("sends a message once to every subscriber of the subject, the sender's own too", async () => {
      const ears = [await listen(near), await listen(far), await listen(far)];
      near.publish("rounds", "1");
      near.publish("rounds", "2");
      await world.until(() => ears.every(({ heard }) => heard.includes("2")));
      for (const { heard } of ears) expect(real(heard)).toEqual(["1", "2"]);
    });

    it.each(SUBJECTS)("keeps %s to its own subscribers", async (subject) => {
      const all: { heard: string[] }[] = [];
      for (const each of SUBJECTS) all.push(await listen(far, each));
      near.publish(subject, "for one");
      for (const each of SUBJECTS) near.publish(each, "for all");
      await world.until(() => all.every(({ heard }) => heard.includes("for all")));
      const got = SUBJECTS.filter((_, index) => all[index]?.heard.includes("for one"));
      expect(got).toEqual([subject]);
    });

    it("keeps the order of one sender", async () => {
      const { heard } = await listen(far);
      const sent = Array.from({ length: 500 }, (_, index) => String(index));
      for (const message of sent) near.publish("rounds", message);
      await world.until(() => heard.includes("499"));
      expect(real(heard)).toEqual(sent);
    });

    it("delivers text as it is", async () => {
      const { heard } = await listen(far);
      const texts = ["", "Zürich 東京 🐙", '{"line":"\\n"}\r\n\0', "x".repeat(300_000)];
      for (const text of texts) near.publish("rounds", text);
      await world.until(() => real(heard).length === texts.length);
      expect(real(heard)).toEqual(texts);
    });

    it("does not call subscribers from within publish", async () => {
      const { heard } = await listen(near);
      near.publish("rounds", "later");
      expect(real(heard)).toEqual([]);
      await world.until(() => heard.includes("later"));
    });

    it("calls nobody after unsubscribe, not even for a message on its way, and the others still", async () => {
      const stopped = await listen(far);
      const other = await listen(far);
      far.publish("rounds", "on its way");
      stopped.stop();
      stopped.stop();
      near.publish("rounds", "last");
      await world.until(() => other.heard.includes("last") && other.heard.includes("on its way"));
      expect(real(stopped.heard)).toEqual([]);
    });

    it("calls no subscriber that another has just unsubscribed", async () => {
      const calls: string[] = [];
      const pair = [0, 1].map((index) =>
        far.subscribe("rounds", (message) => {
          calls.push(message);
          pair[1 - index]?.unsubscribe();
        }),
      );
      const { heard } = await listen(far);
      near.publish("rounds", "last");
      await world.until(() => heard.includes("last"));
      expect(calls).toEqual([expect.stringContaining("probe"), "last"]);
    });

    it("lets a subscriber subscribe, publish and unsubscribe", async () => {
      const { heard } = await listen(near, "acks");
      const subscription = far.subscribe("rounds", (message) => {
        if (!message.startsWith("answer me")) return;
        subscription.unsubscribe();
        far.subscribe("events", () => {});
        far.publish("acks", "answer");
      });
      await listen(far);
      near.publish("rounds", "answer me 1");
      near.publish("rounds", "answer me 2");
      const { heard: marks } = await listen(near);
      await world.until(() => heard.includes("answer") && marks.length > 0);
      expect(real(heard)).toEqual(["answer"]);
    });

    it("sends at close what was published before, then lets go", async () => {
      const { heard } = await listen(far);
      const own = await listen(near, "events");
      near.publish("rounds", "farewell");
      await near.close();
      await world.until(() => heard.includes("farewell"));
      near.publish("rounds", "too late");
      near.subscribe("events", (message) => own.heard.push(message)).unsubscribe();
      expect(near.status()).toBe("down");
      await near.close();
      far.publish("events", "unheard");
      expect(heard).not.toContain("too late");
      expect(real(own.heard)).toEqual([]);
    });

    it("says that it is connected", () => {
      expect(near.status()).toBe("connected");
    });

    if (outages) outageContract(() => ({ world, near, far, listen }));
  });
}

interface Outage {
  world: BusWorld;
  near: Bus;
  far: Bus;
  readonly listen: (bus: Bus) => Promise<{ heard: string[] }>;
}

function outageContract(parts: () => Outage): void {
  it("tells each change of its state once, until that is no longer watched", async () => {
    const { world, near, far } = parts();
    const changes: BusStatus[] = [];
    const unwatched: BusStatus[] = [];
    near.watchStatus((status) => changes.push(status));
    near.watchStatus((status) => unwatched.push(status)).unsubscribe();
    for (let i = 0; i < 2; i++) {
      await world.outage?.begin();
      await world.until(() => near.status() === "down" && far.status() === "down");
      await world.outage?.end();
      await world.until(() => near.status() === "connected" && far.status() === "connected");
    }
    await world.until(() => changes.length >= 4);
    expect(changes).toEqual(["down", "connected", "down", "connected"]);
    expect(unwatched).toEqual([]);
  });

  it("drops what is published during an outage, and carries messages again after it", async () => {
    const { world, near, far, listen } = parts();
    const { heard } = await listen(far);
    await world.outage?.begin();
    await world.until(() => near.status() === "down" && far.status() === "down");
    near.publish("rounds", "lost");
    await world.outage?.end();
    await world.until(() => near.status() === "connected" && far.status() === "connected");
    await world.until(() => {
      near.publish("rounds", "back");
      return heard.includes("back");
    });
    expect(heard).not.toContain("lost");
  });

  it("closes during an outage", async () => {
    const { world, near } = parts();
    await world.outage?.begin();
    await world.until(() => near.status() === "down");
    await near.close();
    expect(near.status()).toBe("down");
  });
}
