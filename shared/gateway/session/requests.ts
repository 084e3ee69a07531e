import { Fault } from "../../protocol/errors.js";
import type { UpMessage } from "../../protocol/session/up.js";
import type { CellService, View } from "../cell-service.js";
import { lockNameFault } from "../commands.js";
import type { GatewayMetrics } from "../metrics.js";
import type { SessionCaller, Voice } from "../session-host.js";
import { type LockWrite, lockCommandOf, lockReply } from "./lock-writes.js";
import { keptAlive, status, text, welcome } from "./replies.js";

/** What a client may ask for, but for what goes on after its reply. */
export type Request = Exclude<UpMessage, { type: "watch" | "unwatch" }>;

const SESSION_ID = /^[0-9a-f]{32}$/;

/** The requests of one client: what each of them does, and the reply to it. */
export class Requests {
  readonly #service: CellService;
  readonly #metrics: GatewayMetrics;
  readonly #voice: Voice;

  constructor(service: CellService, metrics: GatewayMetrics, voice: Voice) {
    this.#service = service;
    this.#metrics = metrics;
    this.#voice = voice;
  }

  /** The reply to what needs nobody else. @throws Fault */
  replyTo(message: Request & { type: keyof typeof AT_ONCE }, caller: SessionCaller, view: View): string {
    const { sessions } = this.#service;
    switch (message.type) {
      case "keepAlive": {
        const { leaseMs, attachment } = sessions.keepAlive(caller, message.sessionId, this.#voice);
        return keptAlive(message.id, leaseMs, attachment);
      }
      case "status":
        return this.#status(message.id, message.name, view);
      case "openSession": {
        const opened = sessions.open(caller, message.leaseMs, this.#voice);
        return text({ type: "sessionOpened", id: message.id, ...opened });
      }
      case "hello":
        return welcome(message.id);
    }
  }

  /** The reply to what the cell may have to decide. Rejects with a `Fault`. */
  async askFor(message: Exclude<Request, { type: keyof typeof AT_ONCE }>, caller: SessionCaller): Promise<string> {
    switch (message.type) {
      case "resumeSession":
        return this.#resume(message, caller);
      case "closeSession":
        await this.#service.sessions.close(caller, message.sessionId);
        return text({ type: "sessionClosed", id: message.id });
      default:
        return this.#write(message, caller);
    }
  }

  #status(id: number, name: string, view: View): string {
    const lock = view.entries[1];
    if (lock === undefined) throw lockNameFault(name) ?? new Error("a view without the lock");
    this.#metrics.read(view.source);
    return status(id, view, lock);
  }

  async #resume(message: Request & { type: "resumeSession" }, caller: SessionCaller): Promise<string> {
    const { id, sessionId, resumeSecret } = message;
    if (!SESSION_ID.test(sessionId)) throw new Fault("session_expired", "There is no such session. Open a new one.");
    const resumed = await this.#service.sessions.resume(caller, sessionId, resumeSecret, this.#voice);
    const { leaseMs, attachment, locks, waits } = resumed;
    return text({ type: "sessionResumed", id, leaseMs, attachment, locks: [...locks], waits: [...waits] });
  }

  async #write(message: LockWrite, caller: SessionCaller): Promise<string> {
    const { id, sessionId, operationId } = message;
    const command = lockCommandOf(message);
    const decided = await this.#service.sessions.execute(caller, { sessionId, operationId, command });
    return text(lockReply(id, decided.answer, decided.attachment));
  }
}

/** The requests whose replies never wait: the hot path. */
const AT_ONCE = { keepAlive: true, status: true, openSession: true, hello: true } as const;

export const isAtOnce = (message: Request): message is Request & { type: keyof typeof AT_ONCE } =>
  message.type in AT_ONCE;
