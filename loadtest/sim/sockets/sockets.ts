import type { Dialer, Socket, SocketListener } from "../../../client/ports/dialer.js";
import type { SimClock } from "../../../shared/sim/sim-clock.js";
import type { SimRandom } from "../../../shared/sim/sim-random.js";
import type { Life } from "../life.js";
import type { ClientPlan } from "../plan.js";
import type { SessionGate } from "./session-gate.js";
import type { SocketDirection } from "./socket-direction.js";
import { Wire } from "./wire.js";

/** A machine that clients open sockets to. */
export interface SocketHost {
  readonly name: string;
  /** Undefined: nobody listens there. */
  gate(): { readonly life: Life; readonly gate: SessionGate } | undefined;
}

/** What is told of a socket's messages, at the client's end. */
export interface Tap {
  sent(text: string): void;
  got(text: string): void;
}

/** All sockets between clients and gateways. Delays never reorder what one socket carries, and lose nothing of it. */
export class Sockets {
  delayMs = 0;
  readonly #clock: SimClock;
  readonly #random: SimRandom;
  readonly #hosts: () => readonly SocketHost[];
  readonly #wires = new Set<Wire>();
  readonly #stalled = new Map<string, SocketDirection>();

  constructor(parts: { clock: SimClock; random: SimRandom; hosts: () => readonly SocketHost[] }) {
    this.#clock = parts.clock;
    this.#random = parts.random;
    this.#hosts = parts.hosts;
  }

  /** How a client's process dials. */
  dialer({ name: client, user }: ClientPlan, life: Life, tapOf: (door: string) => Tap): Dialer {
    return {
      dial: (url, listener) => {
        const door = new URL(url).hostname;
        const tap = tapOf(door);
        const wire = this.#dial({ client, user, door, life }, tapped(listener, tap));
        return socketOf(wire, tap);
      },
    };
  }

  /** Nothing moves on the sockets of a client or a gateway, old ones and new ones, and nobody is told. */
  stall(who: string, direction: SocketDirection): void {
    this.#stalled.set(who, direction);
    for (const wire of this.#of(who)) stallWire(wire, direction);
  }

  /** They move again and bring what they held; or they are found to be broken. */
  resume(who: string, as: "whole" | "broken"): void {
    if (!this.#stalled.delete(who)) return;
    for (const wire of this.#of(who)) {
      if (as === "broken") wire.break();
      else if (!this.#isStalled(wire)) resumeWire(wire);
    }
  }

  /** The sockets of a client or a gateway are reset. */
  break(who: string): void {
    for (const wire of this.#of(who)) wire.break();
  }

  /** The process of a gateway has ended. */
  gatewayGone(life: Life, isSilent: boolean): void {
    for (const wire of this.#alive()) if (wire.far?.life === life) wire.farGone(isSilent);
  }

  /** The machine of a gateway runs a process again. */
  gatewayIsBack(door: string, life: Life): void {
    for (const wire of this.#alive())
      if (wire.door === door && wire.far !== undefined && wire.far.life !== life) wire.farIsBack();
  }

  /** The process of a client has ended. Returns how many sockets gateways still had of it. */
  clientGone(life: Life, isSilent: boolean): number {
    const wires = this.#alive().filter(({ clientLife }) => clientLife === life);
    for (const wire of wires) wire.nearGone(isSilent);
    return wires.length;
  }

  #dial(from: { client: string; user: string; door: string; life: Life }, listener: SocketListener): Wire {
    const delayMs = (): number => this.#random.fraction() * this.delayMs;
    const wire = new Wire({ clock: this.#clock, delayMs, listener, ...from });
    this.#wires.add(wire);
    for (const who of [from.client, from.door]) {
      const direction = this.#stalled.get(who);
      if (direction !== undefined) stallWire(wire, direction);
    }
    // What takes the connection is the machine; no process of it need be running.
    const machine = { enter: (fn: () => void) => fn() } as Life;
    wire.up.send(machine, 0, () => this.#arrive(wire));
    return wire;
  }

  #arrive(wire: Wire): void {
    const found = this.#hosts()
      .find(({ name }) => name === wire.door)
      ?.gate();
    if (found === undefined) wire.refuse();
    else found.life.enter(() => found.gate.accept(wire));
  }

  #isStalled({ client, door }: Wire): boolean {
    return this.#stalled.has(client) || this.#stalled.has(door);
  }

  #of(who: string): Wire[] {
    return this.#alive().filter(({ client, door }) => client === who || door === who);
  }

  #alive(): Wire[] {
    for (const wire of this.#wires) if (wire.isOver) this.#wires.delete(wire);
    return [...this.#wires];
  }
}

function socketOf(wire: Wire, tap: Tap): Socket {
  return {
    send: (text) => {
      tap.sent(text);
      wire.send(text);
    },
    close: () => wire.letGo(),
  };
}

function tapped(listener: SocketListener, tap: Tap): SocketListener {
  return {
    onOpen: () => listener.onOpen(),
    onText: (text) => {
      tap.got(text);
      listener.onText(text);
    },
    onClose: (code, reason) => listener.onClose(code, reason),
  };
}

function stallWire({ up, down }: Wire, direction: SocketDirection): void {
  if (direction !== "down") up.stall();
  if (direction !== "up") down.stall();
}

function resumeWire({ up, down }: Wire): void {
  up.resume();
  down.resume();
}
