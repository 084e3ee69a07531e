/**
 * A primary, and a stand-by that takes over when it is killed:
 *
 *     npm run example
 *
 * Starts a cell, a store that refuses old fencing tokens, and two processes of a service. Kills the primary, waits
 * until the other one has taken over, and then hands the store a late write of the dead one. Stops by itself.
 */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { connect } from "octofleet/client";
import { startCell } from "./cell.mjs";
import { startStore, write } from "./store.mjs";

const SERVICE = fileURLToPath(new URL("service.mjs", import.meta.url));
const WRITES = 3;

const startMs = performance.now();
function say(who, what) {
  const seconds = ((performance.now() - startMs) / 1_000).toFixed(1).padStart(5);
  console.log(`${seconds} s  ${who.padEnd(8)} ${what}`);
}

say("example", "starts a cell: a master and two proxies");
const cell = await startCell();
const writes = [];
const store = await startStore((each) => {
  writes.push(each);
  const { token, value, accepted, highest } = each;
  say("store", accepted ? `took "${value}" with token ${token}` : `refused "${value}": token ${token} < ${highest}`);
});
const services = new Map();

try {
  const watcher = await connect({ proxies: cell.proxies, token: cell.token });
  for (const name of ["anna", "ben"]) services.set(name, startService(name));
  const first = await nextPrimary(watcher, (primary) => primary !== null);
  await untilWritten(first, WRITES);

  say("example", `kills ${first.metadata} (kill -9); its session dies of silence after 5 s`);
  services.get(first.metadata).kill("SIGKILL");
  const second = await nextPrimary(watcher, (primary) => primary !== null && primary.metadata !== first.metadata);
  await untilWritten(second, WRITES);

  say("example", `a write of ${first.metadata} arrives that was long on its way`);
  const wasTaken = await write(store.url, first.fencingToken, `${first.metadata}, late`);
  say("example", wasTaken ? "FAILED: the store took it" : "and changed nothing: done");
  process.exitCode = wasTaken ? 1 : 0;
  await watcher.close();
} finally {
  for (const service of services.values()) service.kill("SIGKILL");
  store.close();
  await cell.stop();
}

function startService(name) {
  const child = spawn(process.execPath, [SERVICE, name, store.url, ...cell.proxies], {
    env: { ...process.env, TOKEN: cell.token },
    stdio: ["ignore", "pipe", "inherit"],
  });
  createInterface({ input: child.stdout }).on("line", (line) => say(name, line));
  return child;
}

async function nextPrimary(client, isWanted) {
  for await (const primary of client.watchPrimary("example/primary")) {
    if (!isWanted(primary)) continue;
    say("watcher", `sees that ${primary.metadata} is primary now`);
    return primary;
  }
  throw new Error("the watch ended");
}

async function untilWritten({ fencingToken }, count) {
  const isDone = () => writes.filter(({ token, accepted }) => accepted && token === fencingToken).length >= count;
  while (!isDone()) await new Promise((resolve) => void setTimeout(resolve, 50));
}
