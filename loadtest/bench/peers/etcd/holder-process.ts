import { EtcdClient } from "./etcd-client.js";

/** Clients that hold a lock of etcd each, by a lease that they keep alive; they live as long as this process. */
export interface EtcdHoldersOpen {
  readonly address: string;
  readonly names: readonly string[];
  readonly ttlSeconds: number;
}

async function hold({ address, names, ttlSeconds }: EtcdHoldersOpen): Promise<object> {
  const client = new EtcdClient(address);
  await Promise.all(
    names.map(async (name) => {
      const lease = await client.grantLease(ttlSeconds);
      const alive = client.keepAlives();
      alive.on("error", () => {});
      alive.on("data", () => {});
      setInterval(() => alive.write({ ID: lease }), (ttlSeconds * 1_000) / 3);
      await client.lock(name, lease);
    }),
  );
  return {};
}

process.on("disconnect", () => process.exit());
process.on("message", (message: EtcdHoldersOpen) => {
  hold(message).then(
    (answer) => process.send?.(answer),
    (error: unknown) => process.send?.({ failure: String(error) }),
  );
});
