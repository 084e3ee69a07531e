import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { connect, type NatsConnection } from "nats";
import { openLevelStore } from "../../../master/journal/level-store.js";
import type { Store } from "../../../shared/ports/store.js";
import { FLOOR_TOLD, type FloorWrite, RECORD, RESULT } from "./floor-words.js";

/**
 * The inner half of the floor: the least that a master can do for writes that must be on disk before they are answered.
 * What comes in one call is appended in one synced batch, together with whatever came while the last one was being
 * synced, and then answered; what somebody waits for is published over NATS. It knows of no tokens, sessions, locks or
 * operation ids, and keeps no state.
 */
let store: Store;
let connection: NatsConnection;
let appended = 0;
let waiting: { readonly writes: readonly FloorWrite[]; readonly done: () => void }[] = [];
let isSyncing = false;

async function sync(): Promise<void> {
  isSyncing = true;
  while (waiting.length > 0) {
    const batch = waiting;
    waiting = [];
    const writes = batch.flatMap((each) => each.writes);
    await store.write(writes.map(() => ({ put: String(++appended).padStart(16, "0"), value: RECORD })));
    for (const { tell } of writes) if (tell !== null) connection.publish(FLOOR_TOLD, tell);
    for (const { done } of batch) done();
  }
  isSyncing = false;
}

const server = createServer((request, response) => {
  const pieces: Buffer[] = [];
  request.on("data", (piece: Buffer) => pieces.push(piece));
  request.once("end", () => {
    const writes = JSON.parse(Buffer.concat(pieces).toString()) as FloorWrite[];
    waiting.push({ writes, done: () => response.end(JSON.stringify(writes.map(() => RESULT))) });
    if (!isSyncing) void sync();
  });
});

async function start({ natsUrl, directory }: { natsUrl: string; directory: string }): Promise<void> {
  connection = await connect({ servers: natsUrl });
  store = await openLevelStore(directory);
  server.listen(0, "127.0.0.1", () => process.send?.({ port: (server.address() as AddressInfo).port }));
}

process.on("disconnect", () => process.exit());
process.on("message", (message: { natsUrl: string; directory: string } | null) => {
  if (message !== null) return void start(message);
  const { user, system } = process.cpuUsage();
  process.send?.({ served: appended, cpuSeconds: (user + system) / 1e6 });
});
