import { describe, expect, it } from "vitest";
import { Fault } from "../protocol/errors.js";
import { natsServerOf, natsSubjectOf } from "./nats-address.js";

describe("the address of a NATS server", () => {
  it.each([
    ["nats://127.0.0.1:4333", { servers: "127.0.0.1:4333" }],
    ["nats://bus.example", { servers: "bus.example:4222" }],
    ["nats://bus.example:80/", { servers: "bus.example:80" }],
    ["nats://[::1]:4333", { servers: "[::1]:4333" }],
    ["tls://bus.example:4333", { servers: "bus.example:4333", tls: {} }],
  ])("reads %s", (url, options) => {
    expect(natsServerOf(url)).toEqual(options);
  });

  it.each([
    ["", "cannot be read"],
    ["127.0.0.1:4222", "cannot be read"],
    ["nats://host:port", "cannot be read"],
    ["localhost:4222", "must begin with nats://"],
    ["http://127.0.0.1:4222", "must begin with nats://"],
    ["nats:4222", "names no host"],
    ["nats://127.0.0.1:4222/cell", "must end after"],
    ["nats://127.0.0.1:4222?tls", "must end after"],
    ["nats://user:hunter2@127.0.0.1", "must not carry a user or a password"],
  ])("refuses %s with a sentence", (url, why) => {
    const refused = fault(() => natsServerOf(url));
    expect(refused.code).toBe("invalid_input");
    expect(refused.message).toContain(why);
    expect(refused.message).not.toContain("hunter2");
  });
});

describe("the subjects of a cell", () => {
  it("are octofleet.<cell>.<subject>", () => {
    expect(natsSubjectOf("test-1", "rounds")).toBe("octofleet.test-1.rounds");
  });

  it.each(["", "a.b", "a b", "*", ">"])("refuse the cell name '%s'", (cell) => {
    expect(fault(() => natsSubjectOf(cell, "acks")).message).toContain("letters, digits");
  });
});

function fault(act: () => unknown): Fault {
  try {
    act();
  } catch (error) {
    if (error instanceof Fault) return error;
  }
  throw new Error("No fault was thrown.");
}
