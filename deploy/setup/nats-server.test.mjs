import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findNatsServer } from "./nats-server.mjs";

describe("finding a nats-server", () => {
  const before = { PATH: process.env.PATH, OCTOFLEET_NATS_SERVER: process.env.OCTOFLEET_NATS_SERVER };
  let home;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "octofleet-find-"));
    delete process.env.OCTOFLEET_NATS_SERVER;
  });
  afterEach(() => {
    rmSync(home, { recursive: true, force: true });
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });

  const program = (name, script) => {
    const path = join(home, name, "nats-server");
    mkdirSync(dirname(path));
    writeFileSync(path, `#!/bin/sh\n${script}\n`);
    chmodSync(path, 0o755);
    return path;
  };
  const good = "echo nats-server: v2.9.10";

  it("takes the one that OCTOFLEET_NATS_SERVER names, before PATH", async () => {
    const named = program("named", good);
    process.env.PATH = [dirname(program("other", good)), before.PATH].join(delimiter);
    process.env.OCTOFLEET_NATS_SERVER = named;
    expect(await findNatsServer()).toBe(named);
  });

  it("refuses a named one that does not run, instead of taking another", async () => {
    process.env.OCTOFLEET_NATS_SERVER = program("broken", "exit 1");
    await expect(findNatsServer()).rejects.toThrow(/OCTOFLEET_NATS_SERVER is .*broken.* does not run/);
  });

  it("passes over programs on PATH that are no nats-server", async () => {
    const places = [program("a", "exit 1"), program("b", "echo hello"), program("c", good)];
    process.env.PATH = [...places.map(dirname), before.PATH].join(delimiter);
    expect(await findNatsServer()).toBe(places[2]);
  });
});
