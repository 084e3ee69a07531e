import { type AddressInfo, createServer, type Server } from "node:net";

const HOST = "127.0.0.1";
const TRIES = 50;

function listen(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(undefined));
    server.listen(port, HOST, () => resolve(server));
  });
}

/** The first of `count` loopback ports in a row that nobody uses at this instant. */
export async function freePorts(count: number): Promise<number> {
  for (let tried = 0; tried < TRIES; tried += 1) {
    const first = await listen(0);
    if (first === undefined) continue;
    const { port } = first.address() as AddressInfo;
    const others = await Promise.all(Array.from({ length: count - 1 }, (_, i) => listen(port + 1 + i)));
    const held = [first, ...others].filter((server) => server !== undefined);
    await Promise.all(held.map(close));
    if (held.length === count) return port;
  }
  throw new Error(`no ${count} free ports in a row on ${HOST}`);
}

const close = (server: Server): Promise<void> => new Promise((resolve) => void server.close(() => resolve()));
