import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import type { Clock } from "../../shared/ports/clock.js";
import type { Random } from "../../shared/ports/random.js";
import { Lane, type LaneFault, SOUND } from "./lane.js";

/** What is wrong with a link: with the bytes of those who connect, with the bytes of the answers. */
export interface LinkFault {
  readonly up: LaneFault;
  readonly down: LaneFault;
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface LinkParts {
  readonly clock: Clock;
  readonly random: Random;
  /** Where it listens; port 0 is any. */
  readonly at: Address;
  readonly target: Address;
}

const LISTEN_TRIES = 40;
const LISTEN_RETRY_MS = 50;

interface Connection {
  readonly sockets: readonly [Socket, Socket];
  readonly up: Lane;
  readonly down: Lane;
}

/**
 * A piece of network between two processes that fails on demand. Those who would connect to the target connect
 * here instead; it hands bytes on both ways, at first faithfully.
 *
 * TCP cannot lose bytes: it repeats them until it gives up. So when bytes are thrown away here, the connection
 * stalls, and is reset when the fault is over; when they are held back, they arrive after it.
 */
export class FaultyLink {
  readonly #parts: LinkParts;
  readonly #server: Server;
  readonly #connections = new Set<Connection>();
  #fault: LinkFault = { up: SOUND, down: SOUND };
  #port = 0;
  #refuses = false;
  #seen = 0;

  private constructor(parts: LinkParts) {
    this.#parts = parts;
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket));
    this.#server.on("error", () => {});
  }

  static async open(parts: LinkParts): Promise<FaultyLink> {
    const link = new FaultyLink(parts);
    await link.#listen(parts.at.port);
    return link;
  }

  get address(): Address {
    return { host: this.#parts.at.host, port: this.#port };
  }

  /** How many connections there were, those that are open and those that are gone. */
  get seen(): number {
    return this.#seen;
  }

  get open(): number {
    return this.#connections.size;
  }

  /** From now on, for connections that there are and those to come. Ends what was wrong before. */
  set(fault: Partial<LinkFault>): void {
    this.#fault = { up: SOUND, down: SOUND, ...fault };
    for (const connection of this.#connections) {
      connection.up.fault = this.#fault.up;
      connection.down.fault = this.#fault.down;
      if (hasLost(connection)) reset(connection);
    }
  }

  /** Resets every connection (RST). */
  reset(): void {
    for (const connection of this.#connections) reset(connection);
  }

  /** Nobody listens any more, and every connection is reset. */
  refuse(): void {
    this.#refuses = true;
    this.#server.close();
    this.reset();
  }

  /** Ends all that is wrong. Resolves when it listens again. */
  async heal(): Promise<void> {
    this.set({});
    if (!this.#refuses) return;
    this.#refuses = false;
    await this.#listen(this.#port);
  }

  async close(): Promise<void> {
    const closed = this.#server.listening ? new Promise((resolve) => this.#server.close(resolve)) : undefined;
    this.reset();
    await closed;
  }

  /** The port may have gone to somebody else while it was free; who borrowed it as a source soon lets go of it. */
  async #listen(port: number): Promise<void> {
    for (let tried = 1; !(await this.#tryToListen(port)); tried++) {
      if (tried === LISTEN_TRIES) throw new Error(`port ${port} was taken by somebody else.`);
      await new Promise<void>((resolve) => this.#parts.clock.after(LISTEN_RETRY_MS, resolve));
    }
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  #tryToListen(port: number): Promise<boolean> {
    return new Promise((resolve) => {
      const settle = (listens: boolean): void => {
        this.#server.off("error", onError).off("listening", onListening);
        resolve(listens);
      };
      const onError = (): void => settle(false);
      const onListening = (): void => settle(true);
      this.#server.once("error", onError).once("listening", onListening);
      this.#server.listen({ port, host: this.#parts.at.host });
    });
  }

  #accept(caller: Socket): void {
    const { clock, random, target } = this.#parts;
    const callee = connect({ ...target, allowHalfOpen: true, noDelay: true });
    caller.setNoDelay(true);
    const lane = (from: Socket, to: Socket, fault: LaneFault): Lane => new Lane({ clock, random, from, to }, fault);
    const up = lane(caller, callee, this.#fault.up);
    const connection: Connection = { sockets: [caller, callee], up, down: lane(callee, caller, this.#fault.down) };
    this.#connections.add(connection);
    this.#seen += 1;
    for (const socket of connection.sockets) {
      socket.on("error", () => reset(connection));
      socket.on("close", () => this.#forgetIfClosed(connection));
    }
  }

  #forgetIfClosed(connection: Connection): void {
    if (connection.sockets.every((socket) => socket.closed)) this.#connections.delete(connection);
  }
}

const hasLost = ({ up, down }: Connection): boolean => up.hasLost || down.hasLost;

function reset({ sockets, up, down }: Connection): void {
  up.stop();
  down.stop();
  for (const socket of sockets) {
    // Node would wait with the RST until the connection is there, which it may not be for minutes. And where an end
    // is on its way already, libuv refuses the RST (EINVAL), and the process spins for ever when it should exit.
    if (socket.connecting || socket.writableEnded) socket.destroy();
    else socket.resetAndDestroy();
  }
}
