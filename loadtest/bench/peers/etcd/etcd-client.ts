import { fileURLToPath } from "node:url";
import {
  type ChannelOptions,
  type ClientDuplexStream,
  credentials,
  loadPackageDefinition,
  type ServiceClientConstructor,
  type ServiceError,
} from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

/** Seen from `dist/`. */
const protoFile = (name: string): string =>
  fileURLToPath(new URL(`../../../../../loadtest/bench/peers/etcd/${name}`, import.meta.url));

const definition = loadSync([protoFile("etcd.proto"), protoFile("lock.proto")], { longs: String, keepCase: true });
const packages = loadPackageDefinition(definition) as unknown as Readonly<
  Record<"etcdserverpb" | "v3lockpb", Readonly<Record<string, ServiceClientConstructor>>>
>;

type Unary<Request, Reply> = (
  request: Request,
  done: (error: ServiceError | null, reply: Reply | undefined) => void,
) => unknown;

/** What we use of the services of `etcd.proto` and `lock.proto`. */
interface Services {
  readonly Range: Unary<{ key: Buffer; serializable: boolean }, { kvs?: readonly { value: Buffer }[] }>;
  readonly Put: Unary<{ key: Buffer; value: Buffer }, object>;
  readonly LeaseGrant: Unary<{ TTL: number }, { ID: string }>;
  readonly Lock: Unary<{ name: Buffer; lease: string }, { key: Buffer }>;
  readonly Unlock: Unary<{ key: Buffer }, object>;
}

export type KeepAliveStream = ClientDuplexStream<{ ID: string }, { ID: string; TTL: string }>;
export interface WatchReply {
  readonly created: boolean;
  readonly canceled: boolean;
  readonly events?: readonly { readonly kv: { readonly value: Buffer } }[];
}
type WatchStream = ClientDuplexStream<{ create_request: { key: Buffer } }, WatchReply>;

/** etcd's fastest interface, its v3 API over gRPC, by one connection. `address`: host and port, of etcd or its grpc-proxy. */
export class EtcdClient {
  readonly #clients: readonly { close(): void }[];
  readonly #services: Services & { LeaseKeepAlive(): KeepAliveStream; Watch(): WatchStream };

  constructor(address: string) {
    const { etcdserverpb, v3lockpb } = packages;
    const own: ChannelOptions = { "grpc.use_local_subchannel_pool": 1 };
    const first = new (etcdserverpb.KV as ServiceClientConstructor)(address, credentials.createInsecure(), own);
    const channelOverride = first.getChannel();
    const rest = [etcdserverpb.Lease, etcdserverpb.Watch, v3lockpb.Lock].map(
      (Service) =>
        new (Service as ServiceClientConstructor)(address, credentials.createInsecure(), { channelOverride }),
    );
    this.#clients = [first, ...rest];
    this.#services = Object.assign({}, ...[first, ...rest].map(methodsOf));
  }

  /** The value of a key, or undefined if it has none. Linearizable, or whatever the proxy has in its cache. */
  async range(key: string, serializable: boolean): Promise<string | undefined> {
    const { kvs } = await called(this.#services.Range, { key: Buffer.from(key), serializable });
    return kvs?.[0]?.value.toString();
  }

  async put(key: string, value: string): Promise<void> {
    await called(this.#services.Put, { key: Buffer.from(key), value: Buffer.from(value) });
  }

  /** The id of a new lease. */
  async grantLease(ttlSeconds: number): Promise<string> {
    return (await called(this.#services.LeaseGrant, { TTL: ttlSeconds })).ID;
  }

  keepAlives(): KeepAliveStream {
    return this.#services.LeaseKeepAlive();
  }

  /** Calls back with each new value of a key. Resolves when the watch is there. */
  watch(key: string, onValue: (value: string) => void, onEnd: () => void): Promise<void> {
    const stream = this.#services.Watch();
    return new Promise((resolve, reject) => {
      stream.on("data", ({ created, canceled, events }: WatchReply) => {
        if (canceled) onEnd();
        if (created) resolve();
        for (const { kv } of events ?? []) onValue(kv.value.toString());
      });
      stream.on("error", (error: Error) => {
        reject(error);
        onEnd();
      });
      stream.write({ create_request: { key: Buffer.from(key) } });
    });
  }

  /** Resolves when the lease has the lock, with the key by which it is released. */
  async lock(name: string, lease: string): Promise<Buffer> {
    return (await called(this.#services.Lock, { name: Buffer.from(name), lease })).key;
  }

  async unlock(key: Buffer): Promise<void> {
    await called(this.#services.Unlock, { key });
  }

  close(): void {
    for (const client of this.#clients) client.close();
  }
}

function methodsOf(client: object): object {
  const methods = Object.getPrototypeOf(client) as Record<string, (...args: unknown[]) => unknown>;
  const names = Object.keys(methods).filter((name) => /^[A-Z]/.test(name));
  return Object.fromEntries(names.map((name) => [name, (methods[name] as () => unknown).bind(client)]));
}

const called = <Request, Reply>(call: Unary<Request, Reply>, request: Request): Promise<Reply> =>
  new Promise((resolve, reject) => {
    call(request, (error, reply) => {
      if (error !== null || reply === undefined) reject(error ?? new Error("etcd answered nothing"));
      else resolve(reply);
    });
  });
