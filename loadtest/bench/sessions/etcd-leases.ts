import { fileURLToPath } from "node:url";
import { withCleanup } from "../../cluster/cleanup.js";
import { startEtcd } from "../peers/etcd/etcd.js";
import type { EtcdLeasesOpen } from "../peers/etcd/leases-process.js";
import { startGenerator } from "../shots/generator.js";

const LEASES = fileURLToPath(new URL("../peers/etcd/leases-process.js", import.meta.url));

/** What leases cost etcd's server through its grpc-proxy, whose clients keep one alive each. */
export interface EtcdLeases {
  readonly leases: number;
  /** Answered by the proxy, and asked of the server. */
  readonly keepAlivesPerS: number;
  readonly atServerPerS: number;
  /** Leases and streams that were lost. */
  readonly failures: number;
}

export function measureEtcdLeases(
  program: string,
  { leases, leaseMs, seconds }: { readonly leases: number; readonly leaseMs: number; readonly seconds: number },
): Promise<EtcdLeases> {
  return withCleanup(async (cleanup) => {
    const etcd = await startEtcd(cleanup, program, [[]]);
    const of: EtcdLeasesOpen = { address: etcd.proxies[0] as string, leases, ttlSeconds: Math.round(leaseMs / 1_000) };
    const keepAlive = await startGenerator(cleanup, LEASES, of);
    const keptAlive = async (): Promise<number> =>
      (await etcd.metrics()).by("grpc_server_msg_received_total", "grpc_method").get("LeaseKeepAlive") ?? 0;
    const before = await keptAlive();
    const { duration, requests, non2xx, errors } = await keepAlive(seconds);
    const atServer = (await keptAlive()) - before;
    return {
      leases,
      keepAlivesPerS: requests.total / duration,
      atServerPerS: atServer / duration,
      failures: non2xx + errors,
    };
  });
}
