import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Child, startChild, whileAlive } from "../../../cluster/child.js";
import type { Cleanup } from "../../../cluster/cleanup.js";
import { systemCpuSeconds } from "../../../cluster/cpu-time.js";
import { freePorts } from "../../../cluster/free-port.js";
import { type Metrics, scrape } from "../../../cluster/metrics.js";
import { eventually } from "../../../cluster/within.js";
import { EtcdClient } from "./etcd-client.js";

const HOST = "127.0.0.1";
const READY_MS = 20_000;

/** One etcd server on loopback, with proxies of its own kind before it. */
export interface Etcd {
  /** Host and port of each grpc-proxy. */
  readonly proxies: readonly string[];
  metrics(): Promise<Metrics>;
  /** Of server and proxies together, so far. */
  cpuSeconds(): Promise<number>;
  /** SIGKILL to the server. */
  kill(): Promise<void>;
  /** Starts it again on its data, and does not wait for it. */
  restart(): Promise<void>;
}

/** Starts a server and proxies, each with flags of its own, and waits until a read comes through each. */
export async function startEtcd(
  cleanup: Cleanup,
  program: string,
  proxyFlags: readonly (readonly string[])[],
): Promise<Etcd> {
  const directory = await mkdtemp(join(tmpdir(), "octofleet-etcd-"));
  cleanup.add(() => rm(directory, { recursive: true, force: true }));
  const port = await freePorts(2);
  const [clients, peers] = [`http://${HOST}:${port}`, `http://${HOST}:${port + 1}`];
  const launch = async (): Promise<Child> => {
    const child = await startChild("etcd", program, [
      ...["--name", "bench", "--data-dir", join(directory, "data"), "--log-level", "error"],
      ...["--listen-client-urls", clients, "--advertise-client-urls", clients],
      ...["--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers, "--initial-cluster", `bench=${peers}`],
    ]);
    cleanup.add(() => child.stop());
    return child;
  };
  let server = await launch();
  await answers(server, `${HOST}:${port}`);
  const doors = await Promise.all(
    proxyFlags.map((flags, at) => startProxy(cleanup, program, `${HOST}:${port}`, join(directory, `${at}`), flags)),
  );
  return {
    proxies: doors.map(({ address }) => address),
    metrics: () => scrape(clients),
    async cpuSeconds() {
      const all = await Promise.all(
        [server, ...doors.map(({ child }) => child)].map(({ pid }) => systemCpuSeconds(pid)),
      );
      if (all.includes(undefined)) throw new Error("this system does not tell the CPU time of etcd.");
      return all.reduce<number>((sum, seconds) => sum + (seconds ?? 0), 0);
    },
    kill: () => server.kill(),
    async restart() {
      server = await launch();
    },
  };
}

async function startProxy(
  cleanup: Cleanup,
  program: string,
  endpoint: string,
  directory: string,
  flags: readonly string[],
): Promise<{ readonly child: Child; readonly address: string }> {
  const address = `${HOST}:${await freePorts(1)}`;
  const child = await startChild("etcd grpc-proxy", program, [
    ...["grpc-proxy", "start", "--endpoints", endpoint, "--data-dir", directory],
    ...["--listen-addr", address, "--advertise-client-url", address, ...flags],
  ]);
  cleanup.add(() => child.stop());
  await answers(child, address);
  return { child, address };
}

async function answers(child: Child, address: string): Promise<void> {
  const client = new EtcdClient(address);
  const read = (): Promise<true | undefined> =>
    client.range("ready", false).then(
      () => true as const,
      () => undefined,
    );
  await whileAlive(child, eventually(READY_MS, read, `${child.name} did not answer`)).finally(() => client.close());
}
