import type { Duplex } from "node:stream";
import { Registry } from "prom-client";
import type { WebSocket } from "ws";
import type { CellService } from "../../../shared/gateway/cell-service.js";
import { Credentials } from "../../../shared/gateway/credentials.js";
import { GatewayMetrics } from "../../../shared/gateway/metrics.js";
import { otherProxies } from "../../../shared/gateway/other-proxies.js";
import { Admission } from "../../../shared/gateway/session/admission.js";
import { Connection, type ConnectionParts } from "../../../shared/gateway/session/connection.js";
import { ReplySocket } from "../../../shared/gateway/session/reply-socket.js";
import { Watches } from "../../../shared/gateway/watch/watches.js";
import type { Timer } from "../../../shared/ports/clock.js";
import { silentLog } from "../../../shared/ports/log.js";
import { CLOSE_CODES, type CloseCause } from "../../../shared/protocol/session/close-codes.js";
import type { DownMessage } from "../../../shared/protocol/session/down.js";
import type { Records } from "../../check/records.js";
import type { Life } from "../life.js";
import type { Wire } from "./wire.js";

const SWEEP_EVERY_MS = 250;
const PUSHES: ReadonlySet<DownMessage["type"]> = new Set(["event", "resync", "granted", "sessionGone"]);
const SOCKETS_PER_S = 1_000;
/** How a gateway closes those who do not read, or say nothing. */
const BLAMING: ReadonlySet<number> = new Set([CLOSE_CODES.slowReader.code, CLOSE_CODES.silent.code]);

/**
 * The WebSocket door of one life of a process: what `SessionDoor` is to real sockets. Connections, watches, sessions and
 * what a socket may hold are production code; only the upgrade and the frames are not there.
 */
export class SessionGate {
  readonly #parts: ConnectionParts;
  readonly #life: Life;
  readonly #records: Records;
  readonly #admission: Admission;
  readonly #byteWeight: number;
  readonly #connections = new Map<Connection, Wire>();
  #sweep: Timer;
  #isClosing = false;
  #onEmpty: () => void = () => {};

  constructor(parts: { service: CellService; life: Life; records: Records; byteWeight: number }) {
    const { service, life, records, byteWeight } = parts;
    this.#records = records;
    this.#byteWeight = byteWeight;
    const { clock } = life;
    const watches = new Watches({ service, clock, log: silentLog });
    const metrics = new GatewayMetrics(new Registry(), {
      sessions: () => service.sessions.size,
      sockets: () => this.#connections.size,
      watches,
    });
    this.#parts = { service, credentials: new Credentials(), watches, metrics, log: silentLog };
    this.#life = life;
    this.#admission = new Admission(clock, SOCKETS_PER_S);
    this.#sweep = clock.after(SWEEP_EVERY_MS, () => this.#closeTheSilent());
  }

  /** How many watches are open. */
  get watches(): number {
    return this.#parts.watches.size;
  }

  get isClosing(): boolean {
    return this.#isClosing;
  }

  /** A client has connected. */
  accept(wire: Wire): void {
    const refusal = this.#refusal();
    if (refusal !== undefined) {
      wire.refuse(CLOSE_CODES[refusal].code, CLOSE_CODES[refusal].reason);
      return;
    }
    const socket = socketOf(wire, this.#byteWeight, {
      onSend: (text) => this.#pushed(wire, text),
      onClose: (code, reason) => this.#closing(wire, code, reason),
    });
    const connection = new Connection(this.#parts, socket, undefined);
    this.#connections.set(connection, wire);
    wire.open({
      life: this.#life,
      onText: (text) => connection.onMessage(Buffer.from(text), false),
      onClose: () => this.#disconnect(connection),
    });
  }

  /** Asks everybody to go elsewhere, waits until they have, or the time is over, and closes. */
  async close(name: string, withinMs: number): Promise<void> {
    this.#isClosing = true;
    if (this.#connections.size > 0 && withinMs > 0) await this.#drain(name, withinMs);
    this.#sweep.cancel();
    const { code, reason } = CLOSE_CODES.goingAway;
    for (const wire of this.#connections.values()) wire.close(code, reason);
    this.#parts.watches.close();
  }

  async #drain(name: string, withinMs: number): Promise<void> {
    const { clock } = this.#life;
    const proxies = await otherProxies(this.#parts.service, clock, name);
    for (const connection of this.#connections.keys()) connection.goAway(withinMs, proxies);
    await new Promise<void>((resolve) => {
      clock.after(withinMs, resolve);
      this.#onEmpty = resolve;
    });
  }

  #refusal(): CloseCause | undefined {
    if (this.#isClosing) return "goingAway";
    if (!this.#parts.service.readiness().ready || this.#admission.admit() > 0) return "overloaded";
    return undefined;
  }

  /** Rule A2: what is said unasked needs the token at the moment when it is said. */
  #pushed({ user, client, door }: Wire, text: string): void {
    if (!PUSHES.has((JSON.parse(text) as DownMessage).type)) return;
    const nowMs = this.#records.nowMs();
    const at = { invokedAtMs: nowMs, returnedAtMs: nowMs };
    this.#records.reads.push({ user, by: `${client}, unasked,`, door, ...at, allowed: true, stale: false });
  }

  /** A client that reads and speaks is not closed as one that does not. */
  #closing({ client, door, isFree }: Wire, code: number, reason: string): void {
    if (BLAMING.has(code) && isFree)
      this.#records.mishap("sockets", `${door} closes the socket of ${client}, which did as it should: ${reason}`);
  }

  #disconnect(connection: Connection): void {
    this.#connections.delete(connection);
    connection.onClose();
    if (this.#connections.size === 0) this.#onEmpty();
  }

  #closeTheSilent(): void {
    for (const connection of this.#connections.keys()) connection.closeIfSilent();
    this.#sweep = this.#life.clock.after(SWEEP_EVERY_MS, () => this.#closeTheSilent());
  }
}

/** The sending side, as production code fills it. */
function socketOf(
  wire: Wire,
  byteWeight: number,
  { onSend, onClose }: { onSend: (text: string) => void; onClose: (code: number, reason: string) => void },
): ReplySocket {
  const ws = {
    get bufferedAmount() {
      return wire.down.bytesUnderWay * byteWeight;
    },
    close: (code: number, reason: string) => {
      onClose(code, reason);
      wire.close(code, reason);
    },
  };
  const stream = {
    get writableNeedDrain() {
      return wire.down.bytesUnderWay > 0;
    },
    write: (frames: string) => {
      for (const text of textsIn(frames)) {
        onSend(text);
        wire.push(text);
      }
    },
    once: (_drain: string, fn: () => void) => {
      wire.down.onEmpty = () => {
        wire.down.onEmpty = () => {};
        fn();
      };
    },
  };
  return new ReplySocket(ws as unknown as WebSocket, stream as unknown as Duplex);
}

/** The texts in unmasked frames (RFC 6455, section 5.2), of which each has a whole one; a character for each byte. */
function* textsIn(frames: string): Generator<string> {
  const bytes = Buffer.from(frames, "latin1");
  for (let at = 0; at < bytes.length; ) {
    const short = bytes[at + 1] as number;
    const lengthBytes = short < 126 ? 0 : short === 126 ? 2 : 8;
    const begin = at + 2 + lengthBytes;
    const length =
      lengthBytes === 0 ? short : bytes.readUIntBE(begin - Math.min(lengthBytes, 6), Math.min(lengthBytes, 6));
    at = begin + length;
    yield bytes.toString("utf8", begin, at);
  }
}
