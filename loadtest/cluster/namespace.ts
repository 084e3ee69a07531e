import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { startChild, whileAlive } from "./child.js";
import type { Cleanup } from "./cleanup.js";
import { eventually } from "./within.js";

const exec = promisify(execFile);
/** It ends by itself, should nobody be left to end it; the namespace ends with it, and the cable with that. */
const HOLDER_S = 1_800;
const READY_MS = 5_000;
/** A machine that is not there (a locally administered address). */
const NOBODY = "02:00:00:00:00:01";

export type Way = "in" | "out" | "both";

/**
 * A network of its own for one process (network_namespaces(7)), with a cable (veth(4)) to the rest of the machine.
 * It can be cut off as by a switch that fails: packets go to a machine that is not there, and nobody is told.
 */
export interface Namespace {
  /** Of the process, to those outside. */
  readonly inside: string;
  /** Of the rest of the machine, to the process. */
  readonly outside: string;
  /** The command that becomes a program inside. */
  readonly through: readonly string[];
  /** What comes `in` to the process is lost, or what it sends `out`. */
  cut(way: Way): Promise<void>;
  mend(): Promise<void>;
}

/** Makes a namespace, which the clean-up removes. Rejects, with nothing left behind, where this user may not. */
export async function makeNamespace(cleanup: Cleanup): Promise<Namespace> {
  const holder = await startChild("unshare", "unshare", ["--net", "sleep", `${HOLDER_S}`]);
  try {
    const made = eventually(READY_MS, () => enteredOwn(holder.pid), "a network namespace could not be made");
    const network = await connectTo(holder.pid, await whileAlive(holder, made));
    cleanup.add(() => holder.kill());
    return network;
  } catch (error) {
    await holder.kill();
    throw error;
  }
}

/** Lays the cable. `own` are the words of `nsenter` that lead inside. */
async function connectTo(id: number, own: readonly string[]): Promise<Namespace> {
  const [outer, inner] = [`octo${id}a`, `octo${id}b`];
  // Of the addresses for benchmarks (RFC 2544), four.
  const net = `198.18.${(id >> 6) & 255}`;
  const [outside, inside] = [`${net}.${((id & 63) << 2) + 1}`, `${net}.${((id & 63) << 2) + 2}`];
  const ip = (...words: string[]): Promise<unknown> => exec("ip", words);
  const ipInside = (...words: string[]): Promise<unknown> => exec("nsenter", [...own, "ip", ...words]);
  await ip("link", "add", outer, "type", "veth", "peer", "name", inner, "netns", `${id}`);
  await ip("addr", "add", `${outside}/30`, "dev", outer);
  await ip("link", "set", outer, "up");
  await ipInside("addr", "add", `${inside}/30`, "dev", inner);
  await ipInside("link", "set", inner, "up");
  await ipInside("link", "set", "lo", "up");
  const lose = (words: typeof ip, to: string, device: string): Promise<unknown> =>
    words("neigh", "replace", to, "lladdr", NOBODY, "dev", device, "nud", "permanent");
  const find = (words: typeof ip, to: string, device: string): Promise<unknown> =>
    words("neigh", "del", to, "dev", device).catch(() => {});
  return {
    inside,
    outside,
    through: ["nsenter", ...own],
    async cut(way) {
      if (way !== "out") await lose(ip, inside, outer);
      if (way !== "in") await lose(ipInside, outside, inner);
    },
    async mend() {
      await find(ip, inside, outer);
      await find(ipInside, outside, inner);
    },
  };
}

/** `unshare` becomes its command only once it is in a namespace of its own. */
async function enteredOwn(pid: number): Promise<readonly string[] | undefined> {
  const [ours, theirs] = await Promise.all(
    ["self", `${pid}`].map((id) => exec("readlink", [`/proc/${id}/ns/net`]).catch(() => undefined)),
  );
  if (theirs === undefined || theirs.stdout === ours?.stdout) return undefined;
  return ["--target", `${pid}`, "--net", "--"];
}
