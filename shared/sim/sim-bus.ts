import type { Bus, BusStatus, Subject, Subscription } from "../ports/bus.js";
import type { Clock } from "../ports/clock.js";
import type { SimRandom } from "./sim-random.js";

/** What goes wrong on the bus; may be changed at any time. Ratios are from 0 to 1, for each message and receiver. */
export interface BusFaults {
  lossRatio: number;
  duplicateRatio: number;
  delayMs: { min: number; max: number };
  /** Whether a message may overtake an earlier one with a longer delay. */
  reorder: boolean;
}

/** No faults at all, or these only. */
export function busFaults(faults: Partial<BusFaults> = {}): BusFaults {
  return { lossRatio: 0, duplicateRatio: 0, delayMs: { min: 0, max: 0 }, reorder: false, ...faults };
}

/** As seen from the endpoint: `in` cuts what it would receive, `out` what it sends. */
export type Direction = "in" | "out" | "both";

interface Subscriber {
  readonly subject: Subject;
  readonly onMessage: (message: string) => void;
}

interface Envelope {
  readonly from: string;
  readonly number: number;
  readonly subject: Subject;
  readonly message: string;
}

/**
 * A bus server in simulated time, and the network around it. Each receiver's copy of a message meets its own
 * faults. An endpoint that is disconnected knows it (status `down`); one that is partitioned does not, as
 * with a connection that has died silently.
 */
export class SimBus {
  /** How often each fault has struck: a run in which one never did has not tested it. */
  readonly counts = { lost: 0, duplicated: 0, delayed: 0, reordered: 0, stalled: 0, partitioned: 0, disconnected: 0 };
  readonly faults: BusFaults;
  readonly #clock: Clock;
  readonly #random: SimRandom;
  readonly #endpoints = new Map<string, SimEndpoint>();
  #published = 0;

  constructor({ clock, random, faults }: { clock: Clock; random: SimRandom; faults: BusFaults }) {
    this.#clock = clock;
    this.#random = random;
    this.faults = faults;
  }

  /**
   * A new connection to the bus, in place of an older one of that name (whose process was restarted). What
   * it receives arrives on the clock of its process, if it is given one: not while that is paused.
   */
  endpoint(name: string, process: Clock = this.#clock): Bus {
    void this.#endpoints.get(name)?.close();
    const endpoint = new SimEndpoint(name, process, {
      send: (subject, message) => this.#send(endpoint, subject, message),
      leave: () => {
        if (this.#endpoints.get(name) === endpoint) this.#endpoints.delete(name);
      },
    });
    this.#endpoints.set(name, endpoint);
    return endpoint;
  }

  /** Cuts an endpoint off without its knowledge. */
  partition(name: string, direction: Direction): void {
    this.#named(name).partitioned = direction;
  }

  heal(name: string): void {
    this.#named(name).partitioned = undefined;
  }

  /** Holds back what an endpoint sends or would receive, as the buffers of a connection do on which nothing moves. */
  stall(name: string, direction: Direction): void {
    this.#named(name).stalled = direction;
  }

  /** What was held back goes on its way. A connection that was lost meanwhile has taken it along. */
  resume(name: string): void {
    this.#named(name).resume();
  }

  /** Ends an endpoint's connection, or that of each as a stopped server does; they know it at once. */
  disconnect(name?: string): void {
    for (const endpoint of this.#all(name)) endpoint.turn("down");
  }

  reconnect(name?: string): void {
    for (const endpoint of this.#all(name)) endpoint.turn("connected");
  }

  #send(sender: SimEndpoint, subject: Subject, message: string): void {
    if (includes(sender.stalled, "out")) {
      this.counts.stalled += 1;
      sender.hold(() => this.#send(sender, subject, message));
      return;
    }
    if (includes(sender.partitioned, "out")) {
      this.counts.partitioned += 1;
      return;
    }
    const envelope = { from: sender.name, number: ++this.#published, subject, message };
    for (const receiver of this.#endpoints.values()) this.#sendTo(receiver, envelope);
  }

  #sendTo(receiver: SimEndpoint, envelope: Envelope): void {
    if (this.#strikes("lost", this.faults.lossRatio)) return;
    this.#travel(receiver, envelope);
    if (this.#strikes("duplicated", this.faults.duplicateRatio)) this.#travel(receiver, envelope);
  }

  #travel(receiver: SimEndpoint, envelope: Envelope): void {
    const { min, max } = this.faults.delayMs;
    const delayMs = min + this.#random.fraction() * (max - min);
    if (delayMs > 0) this.counts.delayed += 1;
    const nowMs = this.#clock.monotonicMs();
    let arrivalMs = nowMs + delayMs;
    if (!this.faults.reorder) arrivalMs = Math.max(arrivalMs, receiver.lastArrivalMs);
    receiver.lastArrivalMs = Math.max(arrivalMs, receiver.lastArrivalMs);
    this.#clock.after(arrivalMs - nowMs, () => this.#arrive(receiver, envelope));
  }

  #arrive(receiver: SimEndpoint, envelope: Envelope): void {
    if (receiver.status() === "down") this.counts.disconnected += 1;
    else if (includes(receiver.stalled, "in")) {
      this.counts.stalled += 1;
      receiver.hold(() => this.#arrive(receiver, envelope));
    } else if (includes(receiver.partitioned, "in")) this.counts.partitioned += 1;
    else if (receiver.receive(envelope)) this.counts.reordered += 1;
  }

  #strikes(fault: "lost" | "duplicated", ratio: number): boolean {
    const strikes = this.#random.chance(ratio);
    if (strikes) this.counts[fault] += 1;
    return strikes;
  }

  #named(name: string): SimEndpoint {
    const endpoint = this.#endpoints.get(name);
    if (endpoint === undefined) throw new Error(`The simulated bus has no endpoint "${name}".`);
    return endpoint;
  }

  #all(name: string | undefined): SimEndpoint[] {
    return name === undefined ? [...this.#endpoints.values()] : [this.#named(name)];
  }
}

function includes(directions: Direction | undefined, direction: "in" | "out"): boolean {
  return directions === "both" || directions === direction;
}

interface Server {
  send(subject: Subject, message: string): void;
  leave(): void;
}

class SimEndpoint implements Bus {
  readonly name: string;
  partitioned: Direction | undefined;
  stalled: Direction | undefined;
  lastArrivalMs = 0;
  readonly #process: Clock;
  readonly #server: Server;
  readonly #subscribers = new Set<Subscriber>();
  readonly #watchers = new Set<{ onStatus: (status: BusStatus) => void }>();
  readonly #newestFrom = new Map<string, number>();
  #held: (() => void)[] = [];
  #status: BusStatus = "connected";
  #closed = false;

  constructor(name: string, process: Clock, server: Server) {
    this.name = name;
    this.#process = process;
    this.#server = server;
  }

  publish(subject: Subject, message: string): void {
    if (this.#status === "connected") this.#server.send(subject, message);
  }

  subscribe(subject: Subject, onMessage: (message: string) => void): Subscription {
    const subscriber = { subject, onMessage };
    if (!this.#closed) this.#subscribers.add(subscriber);
    return { unsubscribe: () => this.#subscribers.delete(subscriber) };
  }

  status(): BusStatus {
    return this.#status;
  }

  watchStatus(onStatus: (status: BusStatus) => void): Subscription {
    const watcher = { onStatus };
    if (!this.#closed) this.#watchers.add(watcher);
    return { unsubscribe: () => this.#watchers.delete(watcher) };
  }

  hold(move: () => void): void {
    this.#held.push(move);
  }

  resume(): void {
    this.stalled = undefined;
    for (const move of this.#held.splice(0)) move();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#held = [];
    this.#status = "down";
    this.#server.leave();
    this.#subscribers.clear();
    this.#watchers.clear();
  }

  turn(status: "connected" | "down"): void {
    if (status === this.#status) return;
    this.#status = status;
    if (status === "down") this.#held = [];
    for (const watcher of [...this.#watchers]) {
      this.#process.after(0, () => {
        if (this.#watchers.has(watcher)) watcher.onStatus(status);
      });
    }
  }

  /** Passes a message on; says whether a later one of the same sender came before it. */
  receive({ from, number, subject, message }: Envelope): boolean {
    for (const subscriber of [...this.#subscribers]) {
      if (subscriber.subject === subject) {
        this.#process.after(0, () => {
          if (this.#subscribers.has(subscriber)) subscriber.onMessage(message);
        });
      }
    }
    const newest = this.#newestFrom.get(from) ?? 0;
    this.#newestFrom.set(from, Math.max(newest, number));
    return number < newest;
  }
}
