import { describe, expect, it } from "vitest";
import { AttachmentDigest } from "../../shared/sessions/digest.js";
import { Slots } from "./slots.js";

describe("the slots of a virtual proxy", () => {
  it("say what a proxy with these sessions would say", () => {
    const slots = new Slots("one", 3);
    slots.attach(0, 7);
    slots.attach(2, 9);
    const attached = slots.attached();
    expect(attached).toEqual([
      { sessionId: slots.sessionId(0), attachment: 7 },
      { sessionId: slots.sessionId(2), attachment: 9 },
    ]);
    const digest = new AttachmentDigest();
    for (const session of attached) digest.add(session);
    expect(slots.digest()).toEqual({ count: 2, digest: digest.digest(), asOf: 9 });
  });

  it("have another session after each release, and none twice", () => {
    const slots = new Slots("one", 2);
    const ids = [slots.sessionId(0), slots.sessionId(1), new Slots("other", 1).sessionId(0)];
    slots.attach(0, 1);
    expect(slots.release(0)).toEqual({ sessionId: ids[0], attachment: 1 });
    ids.push(slots.sessionId(0));
    expect(new Set(ids).size).toBe(4);
    expect(slots.release(0)).toBeUndefined();
    expect(slots.anchored).toBe(0);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/);
  });
});
