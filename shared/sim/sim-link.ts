import type { Clock } from "../ports/clock.js";
import type { MasterLink } from "../ports/link.js";
import { Fault, faultOf } from "../protocol/errors.js";
import type { SimRandom } from "./sim-random.js";

/** What goes wrong between a proxy and the master; may be changed at any time. Ratios are from 0 to 1. */
export interface LinkFaults {
  /** Requests that never arrive. */
  lostBeforeRatio: number;
  /** Replies that never arrive: the master has acted. */
  lostAfterRatio: number;
  /** Of each request, and of each reply again. */
  delayMs: { min: number; max: number };
  partitioned: "none" | "requests" | "replies" | "both";
  /** What does not move until `resumeLink`, and goes on its way then. */
  stalled: "none" | "requests" | "replies";
  readonly held: (() => void)[];
  /** How long the caller waits before it gives the answer up. */
  timeoutMs: number;
  /** How often each fault has struck. `crashed`: the master threw what is no Fault, which is a mistake in it. */
  readonly counts: Record<
    "lostBefore" | "lostAfter" | "partitioned" | "stalled" | "timedOut" | "unreachable" | "crashed",
    number
  >;
}

/** No faults at all, or these only. */
export function linkFaults(faults: Partial<Omit<LinkFaults, "counts" | "held">> = {}): LinkFaults {
  return {
    lostBeforeRatio: 0,
    lostAfterRatio: 0,
    delayMs: { min: 0, max: 0 },
    partitioned: "none",
    stalled: "none",
    timeoutMs: 1000,
    ...faults,
    held: [],
    counts: { lostBefore: 0, lostAfter: 0, partitioned: 0, stalled: 0, timedOut: 0, unreachable: 0, crashed: 0 },
  };
}

/** What was held back goes on its way, also if nobody waits for it any more. */
export function resumeLink(faults: LinkFaults): void {
  faults.stalled = "none";
  for (const move of faults.held.splice(0)) move();
}

export interface SimLinkOptions {
  /** True time, for what the network does. */
  readonly clock: Clock;
  readonly random: SimRandom;
  readonly faults: LinkFaults;
  /** The caller's own clock: answers wait while its process is paused. */
  readonly caller?: Clock;
}

type Target = MasterLink | (() => MasterLink | undefined);

/**
 * The link to a master in simulated time. Requests and replies are copied as JSON, as on the wire, so nothing
 * is shared by accident. The target is looked up when a request arrives; undefined is a master that is not there.
 */
export function simLink(target: Target, options: SimLinkOptions): MasterLink {
  const find = typeof target === "function" ? target : () => target;
  const network = new SimNetwork(options);
  return {
    register: (request) => network.call(request, (arrived) => find()?.register(arrived)),
    renew: (request) => network.call(request, (arrived) => find()?.renew(arrived)),
    fill: (request) => network.call(request, (arrived) => find()?.fill(arrived)),
    execute: (request) => network.call(request, (arrived) => find()?.execute(arrived)),
    events: (request) => network.call(request, (arrived) => find()?.events(arrived)),
  };
}

class SimNetwork {
  readonly #clock: Clock;
  readonly #caller: Clock;
  readonly #random: SimRandom;
  readonly #faults: LinkFaults;

  constructor({ clock, random, faults, caller = clock }: SimLinkOptions) {
    this.#clock = clock;
    this.#caller = caller;
    this.#random = random;
    this.#faults = faults;
  }

  call<Request, Reply>(request: Request, act: (arrived: Request) => Promise<Reply> | undefined): Promise<Reply> {
    const sent = copy(request);
    return new Promise((resolve, reject) => {
      const timer = this.#caller.after(this.#faults.timeoutMs, () => {
        this.#faults.counts.timedOut += 1;
        reject(unavailable("The master did not answer in time."));
      });
      const answer = (settle: () => void) => {
        this.#caller.after(0, () => {
          timer.cancel();
          settle();
        });
      };
      const fail = (fault: Fault) => answer(() => reject(fault));
      this.#request(
        () => act(sent),
        (reply) => answer(() => resolve(reply)),
        fail,
      );
    });
  }

  #request<Reply>(
    act: () => Promise<Reply> | undefined,
    onReply: (reply: Reply) => void,
    onFault: (fault: Fault) => void,
  ): void {
    if (this.#isLost("lostBefore", "requests")) return;
    this.#later("requests", () => {
      const acting = attempt(act);
      if (acting === undefined) {
        this.#faults.counts.unreachable += 1;
        onFault(unavailable("The master cannot be reached."));
        return;
      }
      acting.then(
        (reply) => this.#reply(() => onReply(copy(reply))),
        (thrown) => this.#reply(() => onFault(this.#faultOf(thrown))),
      );
    });
  }

  #reply(deliver: () => void): void {
    if (!this.#isLost("lostAfter", "replies")) this.#later("replies", deliver);
  }

  #isLost(fault: "lostBefore" | "lostAfter", direction: "requests" | "replies"): boolean {
    const { partitioned, counts } = this.#faults;
    if (partitioned === "both" || partitioned === direction) {
      counts.partitioned += 1;
      return true;
    }
    const lost = this.#random.chance(
      fault === "lostBefore" ? this.#faults.lostBeforeRatio : this.#faults.lostAfterRatio,
    );
    if (lost) counts[fault] += 1;
    return lost;
  }

  #later(what: "requests" | "replies", fn: () => void): void {
    const { stalled, held, counts } = this.#faults;
    if (stalled === what) {
      counts.stalled += 1;
      held.push(() => this.#travel(fn));
    } else this.#travel(fn);
  }

  #travel(fn: () => void): void {
    const { min, max } = this.#faults.delayMs;
    this.#clock.after(min + this.#random.fraction() * (max - min), fn);
  }

  /** A fault of the reply's own, as if it had been written down and read again. */
  #faultOf(thrown: unknown): Fault {
    if (!(thrown instanceof Fault)) this.#faults.counts.crashed += 1;
    const { code, message, httpStatus, retryAfterMs } = faultOf(thrown);
    return new Fault(code, message, retryAfterMs === undefined ? { httpStatus } : { httpStatus, retryAfterMs });
  }
}

/** What throws at once answers like what rejects. */
function attempt<Reply>(act: () => Promise<Reply> | undefined): Promise<Reply> | undefined {
  try {
    return act();
  } catch (thrown) {
    return Promise.reject(thrown);
  }
}

function copy<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

function unavailable(why: string): Fault {
  return new Fault("upstream_unavailable", why);
}
