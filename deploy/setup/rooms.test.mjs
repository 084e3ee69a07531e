import { expect, it } from "vitest";
import { roomsToBuild } from "./rooms.mjs";

it.each([
  ["dist/cli/main.js", false, ["cli", "client"]],
  ["dist/loadtest/sim/main.js", false, ["loadtest"]],
  ["deploy/setup/check.mjs", false, []],
  ["docs/examples/primary/main.mjs", true, ["client", "cli", "loadtest"]],
])("%s (all: %s) is run after %j were built", (script, all, rooms) => {
  expect(roomsToBuild(script, { all })).toEqual(rooms);
});
