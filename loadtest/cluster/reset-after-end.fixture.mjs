import { connect, createServer, Socket } from "node:net";

/** A program in which a link is reset in the very turn in which it hands an end on; then all is closed. */
const { FaultyLink } = await import(new URL("../../dist/loadtest/cluster/faulty-link.js", import.meta.url).href);
const { systemClock } = await import(new URL("../../dist/shared/adapters/system-clock.js", import.meta.url).href);

const host = "127.0.0.1";
const server = createServer({ allowHalfOpen: true }, (socket) => socket.on("error", () => {}).resume());
await new Promise((resolve) => server.listen(0, host, resolve));
const random = { fraction: () => 0 };
const target = { host, port: server.address().port };
const link = await FaultyLink.open({ clock: systemClock, random, at: { host, port: 0 }, target });
const caller = connect({ host, port: link.address.port, allowHalfOpen: true });
await new Promise((resolve) => caller.write("hello", resolve));
const { end } = Socket.prototype;
const isReset = new Promise((resolve) => {
  Socket.prototype.end = function (...words) {
    process.nextTick(() => {
      link.reset();
      resolve();
    });
    return end.apply(this, words);
  };
});
caller.on("error", () => {});
end.call(caller);
await isReset;
Socket.prototype.end = end;
caller.destroy();
await link.close();
server.close();
