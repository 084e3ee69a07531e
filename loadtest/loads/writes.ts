import { type Call, callerAt, inParallel, namesOf } from "./callers.js";
import type { Load, LoadedCell } from "./load.js";

const ACQUIRE = { ttl_seconds: 3_600, metadata: "primary at 10.0.0.1:8080" };

/** Each caller, another user each, acquires and releases a lock of its own, through the proxy. */
async function pairs(on: LoadedCell, names: readonly string[]) {
  const calls = names.map((_, at) => callerAt({ ...on, token: on.tokens[at] as string }, on.proxy.url));
  return (seconds: number) =>
    inParallel(seconds, async (caller) => {
      const call = calls[caller] as Call;
      const path = `/locks/${names[caller]}`;
      const { lease_id } = await call("POST", `${path}/acquire`, ACQUIRE);
      await call("POST", `${path}/release`, { lease_id });
    });
}

export const unheldPairs: Load = {
  name: "write-unheld",
  operation: "acquire + release that need no round, HTTP through the proxy",
  prepare: (on) => pairs(on, namesOf("load/lock")),
};

export const heldPairs: Load = {
  name: "write",
  operation: "acquire + release, each with a round to the proxy that holds the key",
  async prepare(on) {
    const names = namesOf("load/held");
    const call = callerAt(on, on.proxy.url);
    await Promise.all(names.map((name) => call("GET", `/locks/${name}`)));
    return pairs(on, names);
  },
};
