import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, it } from "vitest";
import { program } from "./programs.fixture.js";

it("a program whose reader has gone (a pipe into `head`) goes on to its end without a complaint", async () => {
  const child = spawn(process.execPath, [program("sim/main.js"), "--scenario", "list"]);
  child.stdout.destroy();
  let complaint = "";
  child.stderr.on("data", (data) => {
    complaint += String(data);
  });
  expect(await once(child, "close")).toEqual([0, null]);
  expect(complaint).toBe("");
});
