import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { withSetupLock } from "./setup-lock.mjs";

const MODULE = new URL("./setup-lock.mjs", import.meta.url).href;

describe("the set-up's lock", () => {
  let home;
  let lock;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "octofleet-lock-"));
    lock = join(home, "setup.lock");
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  const leaveDeadLock = () => {
    const { pid } = spawnSync(process.execPath, ["-e", ""]);
    mkdirSync(lock);
    writeFileSync(join(lock, "owner"), `${pid} a-dead-owner`);
  };

  /** A process that notes in the diary when it gets the lock, and when it lets go. */
  const contender = (diary) => {
    const program = `
      import { appendFileSync } from "node:fs";
      import { setTimeout as sleep } from "node:timers/promises";
      import { withSetupLock } from "${MODULE}";
      await withSetupLock(${JSON.stringify(lock)}, async () => {
        appendFileSync(${JSON.stringify(diary)}, "in\\n");
        await sleep(50);
        appendFileSync(${JSON.stringify(diary)}, "out\\n");
      });`;
    return once(spawn(process.execPath, ["--input-type=module", "-e", program]), "exit");
  };

  it("is gone afterwards, also when the work failed", async () => {
    expect(await withSetupLock(lock, () => 7)).toBe(7);
    await expect(withSetupLock(lock, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(readdirSync(home)).toEqual([]);
  });

  it("is taken over from a dead owner by one process at a time", async () => {
    leaveDeadLock();
    const diary = join(home, "diary");
    appendFileSync(diary, "");
    await Promise.all(Array.from({ length: 5 }, () => contender(diary)));
    expect(readFileSync(diary, "utf8")).toBe("in\nout\n".repeat(5));
    expect(readdirSync(home)).toEqual(["diary"]);
  });

  it("is not buried again by one who read the dead owner's name before", async () => {
    leaveDeadLock();
    await withSetupLock(lock, () => {
      expect(existsSync(`${lock}.dead-a-dead-owner`)).toBe(true);
      expect(readFileSync(join(lock, "owner"), "utf8")).toContain(`${process.pid} `);
    });
  });
});
