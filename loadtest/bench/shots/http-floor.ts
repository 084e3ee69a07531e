import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * The floor: the least that Node can do for an HTTP answer. It sends a constant body with `content-type`
 * as its only header, beside those that node:http adds of itself; what it does not do (route, check a
 * token, look anything up, count) is what the proxy's answer costs more.
 *
 * Its parent sends it the body, and then asks for its counts with `null`.
 */
let served = 0;
let body: Buffer;
let type: string;

const server = createServer((_request, response) => {
  served += 1;
  response.setHeader("content-type", type);
  response.end(body);
});

process.on("disconnect", () => process.exit());
process.on("message", (message: { body: string; type: string } | null) => {
  if (message === null) {
    const { user, system } = process.cpuUsage();
    process.send?.({ served, cpuSeconds: (user + system) / 1e6 });
    return;
  }
  body = Buffer.from(message.body);
  type = message.type;
  server.listen(0, "127.0.0.1", () => process.send?.({ port: (server.address() as AddressInfo).port }));
});
