import { connect } from "nats";

/** Subscribers within one process, each with a connection of its own, who ack what is scattered. Their parent says how many more. */
async function subscribe(servers: string): Promise<void> {
  const connection = await connect({ servers });
  connection.subscribe("floor.scatter", {
    callback: (_error, message) => connection.publish("floor.gather", message.data),
  });
  await connection.flush();
}

process.on("message", ({ natsUrl, count }: { natsUrl: string; count: number }) => {
  void Promise.all(Array.from({ length: count }, () => subscribe(natsUrl))).then(() => process.send?.({}));
});
process.on("disconnect", () => process.exit());
