import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";
import { SESSION_PATH, SESSION_SUBPROTOCOL } from "../../shared/protocol/session/version.js";

export interface LeanListener {
  onText(text: string): void;
  /** It is gone, by whomever; with the code and reason that the other side gave, 1006 if it gave none (RFC 6455, 7.1.5). */
  onClose(code: number, reason: string): void;
}

const HEAD_END = "\r\n\r\n";
const TEXT = 0x81;
const CLOSE = 0x88;
const PING = 0x89;
const PONG = 0x8a;
const MASKED = 0x80;
const MASK_BYTES = 4;
const NO_CODE = 1006;

/**
 * A WebSocket client that does no more than a gateway of ours needs (RFC 6455), so that one process can play ten
 * thousand clients: texts in one frame each, masked by zeros, which leave them as they are.
 */
export class LeanSocket {
  readonly #socket: Socket;
  readonly #listener: LeanListener;
  #rest: Buffer | undefined;
  #open = false;
  #ending: [code: number, reason: string] = [NO_CODE, ""];
  #onOpen: ((lean: LeanSocket) => void) | undefined;

  /** Resolves when the socket is open. `localAddress`: of 127.0.0.0/8, since an address has but 28,000 ports to offer. */
  static open(url: string, localAddress: string, listener: LeanListener): Promise<LeanSocket> {
    return new Promise((resolve, reject) => {
      const { hostname: host, port } = new URL(url);
      const socket = connect({ host, port: Number(port), localAddress, noDelay: true });
      const lean = new LeanSocket(socket, listener, resolve, reject);
      socket.once("connect", () => socket.write(upgradeRequest(host)));
      socket.on("data", (data: Buffer) => lean.#take(data));
    });
  }

  private constructor(
    socket: Socket,
    listener: LeanListener,
    onOpen: (lean: LeanSocket) => void,
    onRefused: (error: Error) => void,
  ) {
    this.#socket = socket;
    this.#listener = listener;
    this.#onOpen = onOpen;
    let why = "closed before it was open";
    socket.once("error", (error) => {
      why = error.message;
    });
    socket.once("close", () => {
      if (this.#open) this.#listener.onClose(...this.#ending);
      else onRefused(new Error(`a socket did not open: ${why}`));
    });
  }

  /** Texts below 64 KiB. */
  send(text: string): void {
    this.#socket.write(maskedFrame(TEXT, Buffer.from(text)));
  }

  /** As many texts at once as one packet or a few: one call of the system. */
  sendAll(texts: readonly string[]): void {
    this.#socket.write(Buffer.concat(texts.map((text) => maskedFrame(TEXT, Buffer.from(text)))));
  }

  /** Reads nothing any more: the peer's buffers fill up. */
  stopReading(): void {
    this.#socket.pause();
  }

  /** Drops it. */
  drop(): void {
    this.#socket.destroy();
  }

  #take(data: Buffer): void {
    let bytes = this.#rest === undefined ? data : Buffer.concat([this.#rest, data]);
    this.#rest = undefined;
    if (!this.#open) {
      const end = bytes.indexOf(HEAD_END);
      if (end >= 0) bytes = this.#opened(bytes, end);
    }
    if (this.#open) bytes = this.#frames(bytes);
    // A copy: what is left would keep the whole of what was read alive.
    if (bytes.length > 0) this.#rest = Buffer.from(bytes);
  }

  #close(payload: Buffer): void {
    if (payload.length >= 2) this.#ending = [payload.readUInt16BE(0), payload.toString("utf8", 2)];
    this.#socket.end(maskedFrame(CLOSE, payload));
  }

  #opened(bytes: Buffer, end: number): Buffer {
    if (bytes.toString("latin1", 0, 12) !== "HTTP/1.1 101") {
      this.#socket.destroy(new Error(bytes.toString("latin1", 0, bytes.indexOf("\r\n"))));
      return bytes;
    }
    this.#open = true;
    this.#onOpen?.(this);
    this.#onOpen = undefined;
    return bytes.subarray(end + HEAD_END.length);
  }

  /** Takes the frames that are complete, and gives what is left. */
  #frames(bytes: Buffer): Buffer {
    let at = 0;
    for (;;) {
      const frame = frameAt(bytes, at);
      if (frame === undefined) return bytes.subarray(at);
      at = frame.end;
      const payload = bytes.subarray(frame.start, frame.end);
      if (frame.kind === TEXT) this.#listener.onText(payload.toString());
      else if (frame.kind === PING) this.#socket.write(maskedFrame(PONG, payload));
      else if (frame.kind === CLOSE) this.#close(payload);
    }
  }
}

/** Where a frame's payload is, if all of it is there. */
function frameAt(bytes: Buffer, at: number): { kind: number; start: number; end: number } | undefined {
  if (bytes.length < at + 2) return undefined;
  const short = bytes[at + 1] as number;
  const lengthBytes = short === 127 ? 8 : short === 126 ? 2 : 0;
  const start = at + 2 + lengthBytes;
  if (bytes.length < start) return undefined;
  const length =
    lengthBytes === 8 ? bytes.readUInt32BE(at + 6) : lengthBytes === 2 ? bytes.readUInt16BE(at + 2) : short;
  const end = start + length;
  return bytes.length < end ? undefined : { kind: bytes[at] as number, start, end };
}

function maskedFrame(kind: number, payload: Buffer): Buffer {
  const isLong = payload.length > 125;
  const frame = Buffer.allocUnsafe((isLong ? 4 : 2) + MASK_BYTES + payload.length);
  frame[0] = kind;
  frame[1] = MASKED | (isLong ? 126 : payload.length);
  if (isLong) frame.writeUInt16BE(payload.length, 2);
  frame.fill(0, isLong ? 4 : 2, (isLong ? 4 : 2) + MASK_BYTES);
  payload.copy(frame, frame.length - payload.length);
  return frame;
}

const upgradeRequest = (host: string): string =>
  [
    `GET ${SESSION_PATH} HTTP/1.1`,
    `Host: ${host}`,
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}`,
    `Sec-WebSocket-Protocol: ${SESSION_SUBPROTOCOL}`,
    HEAD_END.slice(2),
  ].join("\r\n");
