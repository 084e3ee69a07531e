import { WebSocket } from "ws";
import type { Member } from "../cluster/member.js";
import { within } from "../cluster/within.js";
import type { CpuProfile } from "./cpu-profile.js";

/** Settings of a process that can be profiled: its inspector listens on any free port of this machine. */
export const INSPECTABLE = { NODE_OPTIONS: "--inspect=127.0.0.1:0" } as const;

const ADDRESS = /ws:\/\/127\.0\.0\.1:\d+\/[\w-]+/;
const ANSWER_MS = 60_000;
const SAMPLE_EVERY_MICROSECONDS = 200;

/** Samples what a process does while something is done. It was started with `INSPECTABLE`. */
export async function profileDuring<T>(
  { child }: Member,
  work: () => Promise<T>,
): Promise<{ readonly profile: CpuProfile; readonly result: T }> {
  const [address] = ADDRESS.exec(child.tail()) ?? [];
  if (address === undefined) throw new Error(`${child.name} does not say where its inspector is:\n${child.tail()}`);
  const call = await connectTo(address);
  await call("Profiler.enable");
  await call("Profiler.setSamplingInterval", { interval: SAMPLE_EVERY_MICROSECONDS });
  await call("Profiler.start");
  const result = await work();
  const { profile } = (await call("Profiler.stop")) as { readonly profile: CpuProfile };
  return { profile, result };
}

type Call = (method: string, params?: object) => Promise<unknown>;

/** Speaks the Chrome DevTools Protocol. The socket ends with the process. */
async function connectTo(address: string): Promise<Call> {
  const socket = new WebSocket(address, { perMessageDeflate: false });
  const waiting = new Map<number, (result: unknown) => void>();
  let lastId = 0;
  socket.on("message", (data: Buffer) => {
    const { id, result } = JSON.parse(data.toString()) as { id?: number; result?: unknown };
    if (id !== undefined) waiting.get(id)?.(result);
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", reject);
  });
  return (method, params = {}) => {
    lastId += 1;
    const id = lastId;
    const answered = new Promise<unknown>((resolve) => waiting.set(id, resolve));
    socket.send(JSON.stringify({ id, method, params }));
    return within(ANSWER_MS, answered, `the inspector did not answer ${method}`);
  };
}
