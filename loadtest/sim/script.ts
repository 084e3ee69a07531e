import type { Watched } from "../check/session-evidence.js";
import type { Action, Step } from "../clients/step.js";
import { BYTE_WEIGHT, type Fault, type Mishap, type Plan } from "./plan.js";
import type { HttpSessionStep, SessionAction, SessionStep } from "./sessions/session-action.js";

/** Slow enough that a fault can be placed between a request and its answer. */
export const CALM = {
  bus: { lossRatio: 0, duplicateRatio: 0, delayMs: 2, reorder: false },
  link: { lostBeforeRatio: 0, lostAfterRatio: 0, delayMs: 10 },
  client: { lossRatio: 0, delayMs: 0.1 },
  socket: { delayMs: 0.1 },
};
const FAULTS_FOR_MS = 10_000;

/**
 * A plan written by hand, so that one race happens on purpose: a master, proxies `p1` and `p2`, writers `w1`
 * and `w2`, and readers `r1` to `r3`, who show the token of `w1`. A call on the link takes 5 to 10 ms each way, a message on the bus
 * up to 2 ms, a client and its door a tenth of that.
 */
export function script(parts: {
  readonly steps: readonly (Step | readonly Step[])[];
  readonly faults?: readonly Fault[];
  /** What the clients of the library do, `s1` to `s3`: each shows a token of its own. */
  readonly sessions?: readonly (SessionStep | readonly SessionStep[])[];
  /** What clients of sessions over HTTP do: `h1` and `h2`. */
  readonly http?: readonly (HttpSessionStep | readonly HttpSessionStep[])[];
  readonly change?: Partial<Plan>;
}): Plan {
  const byTime = (a: Step, b: Step): number => a.atMs - b.atMs;
  const client = (name: string, user = name) => ({ name, user, rate: 1 });
  return {
    seed: "script",
    proxies: ["p1", "p2"].map((name) => ({ name, rate: 1, fillKeysPerS: 2_000 })),
    masterRate: 1,
    clients: [client("w1"), client("w2"), client("r1", "w1"), client("r2", "w1"), client("r3", "w1")],
    locks: ["lock", "other"],
    faults: parts.faults ?? [],
    steps: (parts.steps.flat() as Step[]).sort(byTime),
    ...{ graceMs: 6_000, drainMs: 0, byteWeight: BYTE_WEIGHT },
    sessionClients: parts.sessions === undefined ? [] : ["s1", "s2", "s3"].map((name) => client(name)),
    sessionSteps: ((parts.sessions ?? []).flat() as SessionStep[]).sort((a, b) => a.atMs - b.atMs),
    httpClients: parts.http === undefined ? [] : ["h1", "h2"].map((name) => client(name)),
    httpSteps: ((parts.http ?? []).flat() as HttpSessionStep[]).sort((a, b) => a.atMs - b.atMs),
    noise: CALM,
    faultsForMs: FAULTS_FOR_MS,
    ...parts.change,
  };
}

/** A fault at its time. */
export const fault = (atMs: number, mishap: Mishap): Fault => ({ ...mishap, atMs });

const step =
  (action: Action) =>
  (atMs: number, by: string, door: string): Step => ({ ...action, atMs, by, door });

export const read = (atMs: number, by: string, door: string, lock = "lock"): Step =>
  step({ kind: "read", lock })(atMs, by, door);

/** Reads again and again, in the hope of meeting what should not be seen. */
export function reads(fromMs: number, untilMs: number, everyMs: number, by: string, door: string): Step[] {
  const count = Math.ceil((untilMs - fromMs) / everyMs);
  return Array.from({ length: count }, (_, index) => read(fromMs + index * everyMs, by, door));
}

/** Lists all locks, again and again. */
export function lists(fromMs: number, untilMs: number, everyMs: number, by: string, door: string): Step[] {
  const count = Math.ceil((untilMs - fromMs) / everyMs);
  const list = step({ kind: "list", prefix: "" });
  return Array.from({ length: count }, (_, index) => list(fromMs + index * everyMs, by, door));
}

export const staleRead = (atMs: number, by: string, door: string, maxStaleMs: number): Step =>
  step({ kind: "read", lock: "lock", maxStaleMs })(atMs, by, door);

export const acquire = (
  atMs: number,
  by: string,
  door: string,
  options: Partial<Action & { kind: "acquire" }> = {},
): Step =>
  step({ kind: "acquire", lock: "lock", ttlMs: 60_000, lockDelayMs: 0, metadata: `since ${atMs}`, ...options })(
    atMs,
    by,
    door,
  );

export const change = (atMs: number, by: string, door: string, lock = "lock"): Step =>
  step({ kind: "setMetadata", lock, metadata: `since ${atMs}` })(atMs, by, door);

export const renew = (atMs: number, by: string, door: string, ttlMs: number): Step =>
  step({ kind: "renew", lock: "lock", ttlMs })(atMs, by, door);

export const release = (atMs: number, by: string, door: string, lock = "lock"): Step =>
  step({ kind: "release", lock })(atMs, by, door);

export const repeat = (atMs: number, by: string, door: string): Step => step({ kind: "repeat" })(atMs, by, door);

export const revoke = (atMs: number, user: string): Step => step({ kind: "revoke", user })(atMs, "operator", "master");
export const grant = (atMs: number, user: string): Step => step({ kind: "grant", user })(atMs, "operator", "master");

/** `w1` holds the lock since 1,000 ms, and p1 has it in its cache since 1,200 ms. */
export const HELD: readonly Step[] = [acquire(1_000, "w1", "master"), read(1_200, "r1", "p1")];

/** What a client of the library does at its time. */
export const does = (atMs: number, by: string, action: SessionAction): SessionStep => ({ ...action, atMs, by });

export const opens = (atMs: number, by: string, leaseMs = 5_000): SessionStep =>
  does(atMs, by, { kind: "open", leaseMs });

export const takes = (atMs: number, by: string, options: Partial<SessionAction & { kind: "take" }> = {}): SessionStep =>
  does(atMs, by, { kind: "take", lock: "lock", wait: true, metadata: by, lockDelayMs: 0, ...options });

export const drops = (atMs: number, by: string): SessionStep => does(atMs, by, { kind: "drop", lock: "lock" });

/** What a client of a session over HTTP asks at a door, `h1` at p1 if nothing else is said. */
export const asks = (atMs: number, kind: "open" | "keepAlive" | "close", door = "p1", by = "h1"): HttpSessionStep => ({
  kind,
  ...{ atMs, door, by },
});

export const asksFor = (atMs: number, door = "p1", by = "h1"): HttpSessionStep => ({
  ...{ kind: "take", lock: "lock", ttlMs: 30_000 },
  ...{ atMs, door, by },
});

export const watches = (atMs: number, by: string, target: Watched["target"] = { prefix: "" }): SessionStep =>
  does(atMs, by, { kind: "watch", target });

/** Asks who holds a lock. */
export const looks = (atMs: number, by: string, lock = "lock"): SessionStep => does(atMs, by, { kind: "look", lock });

/** Closes the client, whatever it has under way. */
export const quits = (atMs: number, by: string): SessionStep => does(atMs, by, { kind: "quit" });

/** The session's owner ends it at some door. */
export const ends = (atMs: number, by: string, door: string): SessionStep => does(atMs, by, { kind: "end", door });
