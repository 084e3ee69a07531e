import type { Bus, BusStatus, Subject, Subscription } from "../../shared/ports/bus.js";
import type { Clock } from "../../shared/ports/clock.js";
import type { MasterLink } from "../../shared/ports/link.js";

type Call = keyof MasterLink;
type Request<C extends Call> = Parameters<MasterLink[C]>[0];

/** A message that waits on its way until it is let go. */
export class Gate {
  /** Whether it has come to the gate. */
  reached = false;
  readonly opened: Promise<void>;
  #open: () => void = () => {};

  constructor() {
    this.opened = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  open(): void {
    this.#open();
  }
}

interface Sent<C extends Call = Call> {
  readonly call: C;
  readonly request: Request<C>;
  readonly atMs: number;
}

/**
 * A proxy's end of the link, on which single calls are held back: so a race is staged to the turn, where the
 * faults of the simulated link would only stumble over it. Remembers what was sent.
 */
export class StagedLink implements MasterLink {
  readonly #link: MasterLink;
  readonly #clock: Clock;
  readonly #gates: { readonly call: Call; readonly where: "request" | "reply"; readonly gate: Gate }[] = [];
  readonly #sent: Sent[] = [];
  /** Called in the turn in which a call is sent, before it leaves. */
  onSend: (call: Call) => void = () => {};
  /** What becomes of a call's request; as it is, unless a test says otherwise. */
  rewrite: <C extends Call>(call: C, request: Request<C>) => Request<C> = (_call, request) => request;

  constructor(link: MasterLink, clock: Clock) {
    this.#link = link;
    this.#clock = clock;
  }

  /** The next call of this name waits before it is sent, or before its answer arrives. */
  hold(call: Call, where: "request" | "reply"): Gate {
    const gate = new Gate();
    this.#gates.push({ call, where, gate });
    return gate;
  }

  /** The calls of this name so far, on true time. */
  sent<C extends Call>(call: C): Sent<C>[] {
    return this.#sent.filter((one): one is Sent<C> => one.call === call);
  }

  /** When each fill of the key was sent, on true time. */
  fillsOf(key: string): number[] {
    return this.sent("fill").flatMap(({ request, atMs }) => (request.keys.includes(key) ? [atMs] : []));
  }

  register: MasterLink["register"] = (request) => this.#pass("register", request, (it) => this.#link.register(it));
  renew: MasterLink["renew"] = (request) => this.#pass("renew", request, (it) => this.#link.renew(it));
  fill: MasterLink["fill"] = (request) => this.#pass("fill", request, (it) => this.#link.fill(it));
  execute: MasterLink["execute"] = (request) => this.#pass("execute", request, (it) => this.#link.execute(it));
  events: MasterLink["events"] = (request) => this.#pass("events", request, (it) => this.#link.events(it));

  async #pass<C extends Call, Reply>(
    call: C,
    original: Request<C>,
    send: (request: Request<C>) => Promise<Reply>,
  ): Promise<Reply> {
    const request = this.rewrite(call, original);
    this.onSend(call);
    this.#sent.push({ call, request, atMs: this.#clock.monotonicMs() });
    const [before, after] = [this.#take(call, "request"), this.#take(call, "reply")];
    await waitAt(before);
    const reply = await send(request);
    await waitAt(after);
    return reply;
  }

  #take(call: Call, where: "request" | "reply"): Gate | undefined {
    const index = this.#gates.findIndex((one) => one.call === call && one.where === where);
    return index < 0 ? undefined : this.#gates.splice(index, 1)[0]?.gate;
  }
}

async function waitAt(gate: Gate | undefined): Promise<void> {
  if (gate === undefined) return;
  gate.reached = true;
  await gate.opened;
}

/**
 * A process's end of the bus, on which the messages of a subject are held back, delivered late, twice or
 * never, or made up. Remembers what was published.
 */
export class StagedBus implements Bus {
  readonly #bus: Bus;
  readonly #clock: Clock;
  readonly #subscribers = new Set<{ readonly subject: Subject; readonly onMessage: (message: string) => void }>();
  readonly #held = new Map<Subject, string[]>();
  readonly #published: { readonly subject: Subject; readonly message: string; readonly atMs: number }[] = [];

  constructor(bus: Bus, clock: Clock) {
    this.#bus = bus;
    this.#clock = clock;
  }

  /** From now on messages of the subject are only collected, in the list that this returns. */
  hold(subject: Subject): readonly string[] {
    const held: string[] = [];
    this.#held.set(subject, held);
    return held;
  }

  /** Ends the holding back; what was collected is not delivered. */
  letPass(subject: Subject): void {
    this.#held.delete(subject);
  }

  /** Delivers a message in this very turn, as if it had just arrived. */
  deliver(subject: Subject, message: unknown): void {
    const text = typeof message === "string" ? message : JSON.stringify(message);
    for (const one of [...this.#subscribers]) if (one.subject === subject) one.onMessage(text);
  }

  /** What this process has published of the subject, on true time. */
  published<M>(subject: Subject): { readonly atMs: number; readonly message: M }[] {
    const those = this.#published.filter((one) => one.subject === subject);
    return those.map(({ atMs, message }) => ({ atMs, message: JSON.parse(message) as M }));
  }

  publish(subject: Subject, message: string): void {
    this.#published.push({ subject, message, atMs: this.#clock.monotonicMs() });
    this.#bus.publish(subject, message);
  }

  subscribe(subject: Subject, onMessage: (message: string) => void): Subscription {
    const subscriber = { subject, onMessage };
    this.#subscribers.add(subscriber);
    const subscription = this.#bus.subscribe(subject, (message) => {
      const held = this.#held.get(subject);
      if (held === undefined) onMessage(message);
      else held.push(message);
    });
    return {
      unsubscribe: () => {
        this.#subscribers.delete(subscriber);
        subscription.unsubscribe();
      },
    };
  }

  status(): BusStatus {
    return this.#bus.status();
  }

  watchStatus(onStatus: (status: BusStatus) => void): Subscription {
    return this.#bus.watchStatus(onStatus);
  }

  close(): Promise<void> {
    return this.#bus.close();
  }
}
