import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { startChild, whileAlive } from "../../../cluster/child.js";
import type { Cleanup } from "../../../cluster/cleanup.js";
import { systemCpuSeconds } from "../../../cluster/cpu-time.js";
import { freePorts } from "../../../cluster/free-port.js";
import { eventually } from "../../../cluster/within.js";

/** Seen from `dist/`. */
const CONFIGURATION = new URL("../../../../../loadtest/bench/peers/nginx/nginx.conf", import.meta.url);
const READY_MS = 10_000;

/** nginx on loopback, as a cache of a second before something (see `nginx.conf`). */
export interface Nginx {
  readonly url: string;
  /** Of master and workers, so far. */
  cpuSeconds(): Promise<number>;
}

export async function startNginx(cleanup: Cleanup, program: string, upstreamUrl: string): Promise<Nginx> {
  const directory = await mkdtemp(join(tmpdir(), "octofleet-nginx-"));
  cleanup.add(() => rm(directory, { recursive: true, force: true }));
  await mkdir(join(directory, "cache"));
  const port = await freePorts(1);
  const values: Record<string, string> = { directory, port: `${port}`, upstream: new URL(upstreamUrl).host };
  const text = await readFile(CONFIGURATION, "utf8");
  const file = join(directory, "nginx.conf");
  await writeFile(
    file,
    text.replace(/@(\w+)@/g, (_, name: string) => values[name] as string),
  );
  const child = await startChild("nginx", program, [
    ...["-c", file, "-p", directory, "-e", "stderr"],
    // Root's workers would be somebody else, who may not enter here.
    ...["-g", `user ${userInfo().username};`],
  ]);
  cleanup.add(() => child.stop());
  await whileAlive(
    child,
    eventually(READY_MS, () => accepts(port), "nginx did not answer"),
  );
  return { url: `http://127.0.0.1:${port}`, cpuSeconds: () => familyCpuSeconds(child.pid) };
}

/** A server that listens; it has nothing to say by itself. */
function accepts(port: number): Promise<true | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const settle = (answer: true | undefined): void => {
      resolve(answer);
      socket.destroy();
    };
    socket.once("connect", () => settle(true));
    socket.once("error", () => settle(undefined));
  });
}

/** CPU time of a process and its children; workers do all of nginx's work. */
async function familyCpuSeconds(pid: number): Promise<number> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8").catch(() => "");
  const pids = [pid, ...children.split(" ").filter(Boolean).map(Number)];
  const all = await Promise.all(pids.map((each) => systemCpuSeconds(each)));
  if (children === "" || all.includes(undefined)) throw new Error("this system does not tell the CPU time of nginx.");
  return all.reduce<number>((sum, seconds) => sum + (seconds ?? 0), 0);
}
