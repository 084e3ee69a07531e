/**
 * One of several processes of a service, of which one at a time shall be primary:
 *
 *     node service.mjs <name> <store's URL> <proxy's URL> …      (TOKEN in the environment)
 *
 * It waits for the lock, and while it holds it, writes to the store, each time with its fencing token.
 */
import { setTimeout as pause } from "node:timers/promises";
import { connect } from "octofleet/client";
import { write } from "./store.mjs";

const [name, storeUrl, ...proxies] = process.argv.slice(2);

const client = await connect({ proxies, token: process.env.TOKEN });
const session = await client.openSession({ leaseMs: 5_000 });
console.log(`waits to become primary, through ${client.proxy}`);
const lock = await session.acquire("example/primary", { wait: true, metadata: name });
console.log(`is primary, with fencing token ${lock.fencingToken}`);
lock.on("lost", ({ message }) => {
  console.log(`is primary no more: ${message}`);
  process.exit(1);
});

for (let count = 1; ; count += 1) {
  // Asked right before, because a lease may run out at any time; and the store has the last word all the same.
  if (lock.held && !(await write(storeUrl, lock.fencingToken, `${name}, ${count}`))) process.exit(1);
  await pause(1_000);
}
