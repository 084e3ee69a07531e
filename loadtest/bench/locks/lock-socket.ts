import type { UpMessage } from "../../../shared/protocol/session/up.js";
import { LeanSocket } from "../../driver/lean-socket.js";

const LEASE_MS = 300_000;

type Unnumbered<M> = M extends UpMessage ? Omit<M, "id"> : never;

/** What we read of a gateway's messages. */
interface Answer {
  readonly type: string;
  readonly id?: number;
  readonly sessionId?: string;
  readonly operationId?: string;
  readonly leaseId?: string;
}

/** A session on a socket of its own that takes locks and gives them back, and does nothing else: at a gateway, or at the floor. */
export class LockSocket {
  readonly #prefix: string;
  readonly #awaited = new Map<number | string, (answer: Answer) => void>();
  #socket: LeanSocket | undefined;
  #sessionId = "";
  #lastId = 0;

  /** `name`: of the session, for operation ids that nobody else uses. */
  static async open(url: string, token: string, name: string, onClose: () => void): Promise<LockSocket> {
    const session = new LockSocket(name);
    const listener = { onText: (text: string) => session.#take(JSON.parse(text) as Answer), onClose };
    session.#socket = await LeanSocket.open(url, "127.0.0.1", listener);
    await session.#ask({ type: "hello", token });
    const { sessionId } = await session.#ask({ type: "openSession", leaseMs: LEASE_MS });
    if (sessionId === undefined) throw new Error("a session was refused");
    session.#sessionId = sessionId;
    return session;
  }

  private constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** Resolves with the lease's id, or undefined if it did not get the lock. */
  async acquire(name: string): Promise<string | undefined> {
    return (await this.#write({ type: "acquire", name })).leaseId;
  }

  /** Whether it was released. */
  async release(name: string, leaseId: string): Promise<boolean> {
    return (await this.#write({ type: "release", name, leaseId })).type === "released";
  }

  /** Takes a place in the lock's queue. What resolves is a promise of the lease's id. */
  async queue(name: string): Promise<{ readonly granted: Promise<string> }> {
    const operationId = this.#nextOperation();
    const granted = this.#next(operationId).then(({ leaseId }) => leaseId as string);
    const answer = await this.#write({ type: "acquire", name, wait: true }, operationId);
    if (answer.type !== "waiting") throw new Error(`no place in the queue: ${JSON.stringify(answer)}`);
    return { granted };
  }

  drop(): void {
    this.#socket?.drop();
  }

  #write(
    what: { type: "acquire"; name: string; wait?: boolean } | { type: "release"; name: string; leaseId: string },
    operationId = this.#nextOperation(),
  ): Promise<Answer> {
    return this.#ask({ ...what, sessionId: this.#sessionId, operationId });
  }

  #nextOperation(): string {
    return `${this.#prefix}/${this.#lastId + 1}`;
  }

  #ask(message: Unnumbered<UpMessage>): Promise<Answer> {
    this.#lastId += 1;
    const answer = this.#next(this.#lastId);
    this.#socket?.send(JSON.stringify({ ...message, id: this.#lastId }));
    return answer;
  }

  #next(of: number | string): Promise<Answer> {
    return new Promise((resolve) => this.#awaited.set(of, resolve));
  }

  #take(answer: Answer): void {
    const of = answer.id ?? answer.operationId;
    if (of === undefined) return;
    const resolve = this.#awaited.get(of);
    this.#awaited.delete(of);
    resolve?.(answer);
  }
}
