import { createServer, type Server } from "node:net";

const HOST = "127.0.0.1";
const TRIES = 50;
const FIRST_PORT = 10_000;
/** Linux hands out those from 32768 on. */
const LAST_PORT = 32_767;

function listen(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(undefined));
    server.listen(port, HOST, () => resolve(server));
  });
}

/**
 * The first of `count` loopback ports in a row that nobody uses at this instant. Of those that no system hands out by
 * itself: it would give one away between this look and the listening, or while its process is dead for a while, to one
 * of the thousands of sockets that we open.
 */
export async function freePorts(count: number): Promise<number> {
  for (let tried = 0; tried < TRIES; tried += 1) {
    const first = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT - count));
    const held = await Promise.all(Array.from({ length: count }, (_, at) => listen(first + at)));
    await Promise.all(held.flatMap((server) => (server === undefined ? [] : [close(server)])));
    if (held.every((server) => server !== undefined)) return first;
  }
  throw new Error(`no ${count} free ports in a row on ${HOST}`);
}

const close = (server: Server): Promise<void> => new Promise((resolve) => void server.close(() => resolve()));
