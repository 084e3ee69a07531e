import type { UpMessage } from "../../../shared/protocol/session/up.js";
import { LeanSocket } from "../../driver/lean-socket.js";

/** What became of the KeepAlives of a crowd. */
export interface CrowdTally {
  answered: number;
  refused: number;
  /** Sockets that were closed by the other side. */
  lost: number;
}

export interface LeanSessionParts {
  readonly url: string;
  /** Null at the floor, which knows of no sessions and sends back what it is sent. */
  readonly token: string | null;
  readonly localAddress: string;
  readonly leaseMs: number;
  readonly tally: CrowdTally;
}

/** As long as a real one. */
const NO_SESSION = "0".repeat(32);

/** A session on a socket of its own that is kept alive, and nothing else. */
export class LeanSession {
  readonly #tally: CrowdTally;
  #socket: LeanSocket | undefined;
  #sessionId = NO_SESSION;
  #lastId = 0;
  #onText: (text: string) => void = () => {};

  static async open(parts: LeanSessionParts): Promise<LeanSession> {
    const session = new LeanSession(parts.tally);
    session.#socket = await LeanSocket.open(parts.url, parts.localAddress, {
      onText: (text) => session.#onText(text),
      onClose: () => {
        parts.tally.lost += 1;
      },
    });
    if (parts.token !== null) await session.#begin(parts.token, parts.leaseMs);
    session.#onText = (text) => session.#count(text);
    return session;
  }

  /** Called at each answer to a KeepAlive. */
  onAnswer: (() => void) | undefined;

  private constructor(tally: CrowdTally) {
    this.#tally = tally;
  }

  keepAlive(): void {
    this.#send({ type: "keepAlive", sessionId: this.#sessionId });
  }

  async #begin(token: string, leaseMs: number): Promise<void> {
    await this.#ask({ type: "hello", token });
    const opened = await this.#ask({ type: "openSession", leaseMs });
    if (typeof opened.sessionId !== "string") throw new Error(`a session was refused: ${JSON.stringify(opened)}`);
    this.#sessionId = opened.sessionId;
  }

  #ask(message: Unnumbered<UpMessage>): Promise<{ readonly sessionId?: unknown }> {
    return new Promise((resolve) => {
      this.#onText = (text) => resolve(JSON.parse(text));
      this.#send(message);
    });
  }

  #send(message: Unnumbered<UpMessage>): void {
    this.#lastId += 1;
    this.#socket?.send(JSON.stringify({ ...message, id: this.#lastId }));
  }

  #count(text: string): void {
    if (text.startsWith('{"type":"error"')) this.#tally.refused += 1;
    else this.#tally.answered += 1;
    this.onAnswer?.();
  }
}

type Unnumbered<M> = M extends UpMessage ? Omit<M, "id"> : never;
