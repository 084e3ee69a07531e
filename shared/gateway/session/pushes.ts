import type { Grant } from "../../protocol/link.js";
import type { PushMessage } from "../../protocol/session/down.js";
import type { CellService } from "../cell-service.js";
import { type Credential, principalOf } from "../credentials.js";
import type { VoiceListener } from "../session-host.js";
import { text } from "./replies.js";
import type { ReplySocket } from "./reply-socket.js";

/**
 * What the sessions of a socket are told without having asked. Each push is authorised by the token's entry at its
 * moment (rule A2). One whose entry is not at hand waits, in order: for the entry, which is asked for, or for the
 * client's next request, if the gateway may not ask.
 */
export class Pushes implements VoiceListener {
  readonly #service: CellService;
  readonly #socket: ReplySocket;
  readonly #waiting: string[] = [];
  #credential: Credential | undefined;
  #asking = false;

  constructor(service: CellService, socket: ReplySocket) {
    this.#service = service;
    this.#socket = socket;
  }

  /** By whose token pushes are authorised from now on. */
  set credential(credential: Credential | undefined) {
    this.#credential = credential;
  }

  /** Whether something waits. */
  get behind(): boolean {
    return this.#waiting.length > 0;
  }

  onGrant({ sessionId, operationId, name, answer }: Grant, attachment: number): void {
    const { leaseId, fencingToken, metadata } = answer;
    this.push({ type: "granted", sessionId, operationId, name, leaseId, fencingToken, metadata, attachment });
  }

  onGone(sessionId: string, why: "ended" | "taken"): void {
    this.push({ type: "sessionGone", sessionId, why });
  }

  push(message: PushMessage): void {
    this.#waiting.push(text(message));
    this.flush();
  }

  /** Sends what waits, if that may be. */
  flush(): void {
    const credential = this.#credential;
    if (credential === undefined || this.#socket.closed) return;
    const view = this.#service.readCached([credential.key]);
    if (view === undefined) {
      if (!this.#asking && this.#service.mayKeepAlive()) void this.#ask(credential);
    } else if (principalOf(credential, view.entries[0]) === undefined) {
      this.#socket.close("unauthenticated");
    } else {
      for (const message of this.#waiting.splice(0)) this.#socket.send(message);
    }
  }

  async #ask(credential: Credential): Promise<void> {
    this.#asking = true;
    try {
      await this.#service.read([credential.key], {});
      if (this.#service.readCached([credential.key]) !== undefined) this.flush();
    } catch {
      // The client's next request flushes.
    } finally {
      this.#asking = false;
    }
  }
}
