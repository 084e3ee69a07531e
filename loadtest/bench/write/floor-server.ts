import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { connect, type NatsConnection } from "nats";
import { openLevelStore } from "../../../master/journal/level-store.js";
import type { Store } from "../../../shared/ports/store.js";

/** About as long as the journal's record of the write that is measured. */
const RECORD = "r".repeat(450);

/**
 * The floor: the least that a write can do which N caches must forget before it is durable. `PUT /N`
 * scatters a number over NATS, waits until N subscribers have sent it back, syncs one record to a store
 * like the master's, and answers how long that took within this process.
 */
let connection: NatsConnection;
let store: Store;
let round = 0;
let missing = 0;
let onGathered: () => void = () => {};

function scatter(subscribers: number): Promise<void> {
  round += 1;
  missing = subscribers;
  if (subscribers === 0) return Promise.resolve();
  return new Promise((resolve) => {
    onGathered = resolve;
    connection.publish("floor.scatter", String(round));
  });
}

async function write(subscribers: number): Promise<number> {
  const beganMs = performance.now();
  await scatter(subscribers);
  await store.write([{ put: String(round).padStart(16, "0"), value: RECORD }]);
  return performance.now() - beganMs;
}

const server = createServer((request, response) => {
  request.resume().once("end", () => {
    void write(Number(request.url?.slice(1))).then((insideMs) => {
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ insideMs }));
    });
  });
});

async function start({ natsUrl, directory }: { natsUrl: string; directory: string }): Promise<void> {
  connection = await connect({ servers: natsUrl });
  store = await openLevelStore(directory);
  connection.subscribe("floor.gather", {
    callback: (_error, message) => {
      if (message.string() === String(round) && --missing === 0) onGathered();
    },
  });
  await connection.flush();
  server.listen(0, "127.0.0.1", () => process.send?.({ port: (server.address() as AddressInfo).port }));
}

process.on("message", (message: { natsUrl: string; directory: string }) => void start(message));
process.on("disconnect", () => process.exit());
