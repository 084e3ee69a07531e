import type { SocketListener } from "../../../client/ports/dialer.js";
import type { Clock } from "../../../shared/ports/clock.js";
import type { Life } from "../life.js";
import { Pipe } from "./pipe.js";

/** The gateway's end, once it has one. */
export interface FarEnd {
  readonly life: Life;
  onText(text: string): void;
  onClose(): void;
}

const ABNORMAL = 1006;
/** How long a gateway waits for its peer to answer a close. */
const CLOSE_WITHIN_MS = 2_000;

/** One WebSocket, with its TCP connection: two pipes, and two ends that learn of its end at times of their own. */
export class Wire {
  readonly up: Pipe;
  readonly down: Pipe;
  /** Who dialled, by whose token, and to which machine. */
  readonly client: string;
  readonly user: string;
  readonly door: string;
  readonly #near: { readonly life: Life; readonly listener: SocketListener };
  readonly #clock: Clock;
  #far: FarEnd | undefined;
  #nearOver = false;
  #farOver = false;

  constructor(parts: {
    clock: Clock;
    delayMs: () => number;
    client: string;
    user: string;
    door: string;
    life: Life;
    listener: SocketListener;
  }) {
    const { clock, delayMs, client, user, door, life, listener } = parts;
    this.#clock = clock;
    this.up = new Pipe(clock, delayMs);
    this.down = new Pipe(clock, delayMs);
    this.client = client;
    this.user = user;
    this.door = door;
    this.#near = { life, listener };
  }

  get isOver(): boolean {
    return this.#nearOver && this.#farOver;
  }

  get far(): FarEnd | undefined {
    return this.#far;
  }

  /** Whether the client was free to read and to speak, all the time until now. */
  get isFree(): boolean {
    return !this.#nearOver && !this.#near.life.wasPaused && !this.up.wasStalled && !this.down.wasStalled;
  }

  get clientLife(): Life {
    return this.#near.life;
  }

  /** The gateway takes it: from now on the client may send. */
  open(far: FarEnd): void {
    this.#far = far;
    this.#tellNear(0, (listener) => listener.onOpen());
  }

  /** The client sends. */
  send(text: string): void {
    const far = this.#far;
    if (far === undefined || this.#nearOver) return;
    this.up.send(far.life, text.length, () => {
      if (!this.#farOver) far.onText(text);
    });
  }

  /** The client lets go: it is told nothing more, and the gateway is told as soon as it can be. */
  letGo(): void {
    if (this.#nearOver) return;
    this.#nearOver = true;
    const far = this.#far;
    if (far === undefined) this.#farOver = true;
    else this.up.send(far.life, 0, () => this.#closeFar());
  }

  /** The gateway sends. */
  push(text: string): void {
    if (this.#farOver) return;
    this.#tellNear(Buffer.byteLength(text), (listener) => listener.onText(text));
  }

  /** The gateway closes it. */
  close(code: number, reason: string): void {
    if (this.#farOver) return;
    this.down.send(this.#near.life, 0, () => {
      this.#closeNear(code, reason);
      const far = this.#far;
      if (far !== undefined) this.up.send(far.life, 0, () => this.#closeFar());
    });
    this.#far?.life.clock.after(CLOSE_WITHIN_MS, () => this.#closeFar());
  }

  /** Nobody listens where it was dialled to, or the connection is reset. */
  refuse(code = ABNORMAL, reason = ""): void {
    this.#farOver = true;
    this.down.send(this.#near.life, 0, () => this.#closeNear(code, reason));
  }

  /** The connection is lost, and both ends are told in the same instant. What was under way is lost. */
  break(): void {
    this.up.cut();
    this.down.cut();
    this.#near.life.enter(() => this.#closeNear(ABNORMAL, ""));
    this.#far?.life.enter(() => this.#closeFar());
  }

  /** The gateway's process is gone; with its machine, or so that its machine says so. */
  farGone(isSilent: boolean): void {
    this.#farOver = true;
    this.up.cut();
    if (isSilent) this.down.cut();
    else this.down.send(this.#near.life, 0, () => this.#closeNear(ABNORMAL, ""));
  }

  /** The machine that the gateway ran on is up again, and knows nothing of this connection. */
  farIsBack(): void {
    const { life } = this.#near;
    if (!this.#nearOver) this.#clock.after(0, () => life.enter(() => this.#closeNear(ABNORMAL, "")));
  }

  /** The client's process is gone. */
  nearGone(isSilent: boolean): void {
    this.#nearOver = true;
    this.down.cut();
    const far = this.#far;
    if (isSilent) this.up.cut();
    else if (far !== undefined) this.up.send(far.life, 0, () => this.#closeFar());
  }

  #tellNear(bytes: number, tell: (listener: SocketListener) => void): void {
    this.down.send(this.#near.life, bytes, () => {
      if (!this.#nearOver) tell(this.#near.listener);
    });
  }

  #closeNear(code: number, reason: string): void {
    if (this.#nearOver) return;
    this.#nearOver = true;
    this.#near.listener.onClose(code, reason);
  }

  #closeFar(): void {
    if (this.#farOver) return;
    this.#farOver = true;
    this.#far?.onClose();
  }
}
