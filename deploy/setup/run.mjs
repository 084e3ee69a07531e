/**
 * node deploy/setup/run.mjs [--build] [--nats] <script> [arguments …]
 *
 * A fresh clone has neither dependencies nor a build, and a person who typed `npm start` should not have
 * to know. So every npm script goes through here: what is missing is installed and built first, what is
 * there costs nothing, and then the script runs as if it had been started itself. Nothing here may
 * import a package: none is there yet.
 *
 * A script below `dist/` is built first, and with a cell the client library; `--build` builds all that can be run.
 * `--nats` finds a nats-server and hands its path on as OCTOFLEET_NATS_SERVER.
 */
import { ensureBuilt } from "./build.mjs";
import { runInTerminal } from "./child.mjs";
import { ensureDependencies } from "./dependencies.mjs";
import { findNatsServer } from "./nats-server.mjs";
import { requireNode } from "./node-version.mjs";
import { inRoot } from "./paths.mjs";
import { roomsToBuild } from "./rooms.mjs";
import { main } from "./say.mjs";

await main(async () => {
  const { wanted, script, args } = parse(process.argv.slice(2));
  requireNode();
  await ensureDependencies();
  await ensureBuilt(roomsToBuild(script, { all: wanted.has("--build") }));
  const env = { ...process.env };
  if (wanted.has("--nats")) env.OCTOFLEET_NATS_SERVER = await findNatsServer();
  return runInTerminal(process.execPath, [inRoot(script), ...args], env);
});

function parse(words) {
  const start = words.findIndex((word) => !word.startsWith("--"));
  return { wanted: new Set(words.slice(0, start)), script: words[start], args: words.slice(start + 1) };
}
