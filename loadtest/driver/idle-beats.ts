import type { SessionClient } from "./session-client.js";

const TICK_MS = 100;
/** Each session's turn comes every 4 s. */
const TICKS_PER_BEAT = 40;

/** Keeps sessions alive while their clients have nothing else to do yet. */
export class IdleBeats {
  readonly #sessions: SessionClient[][] = Array.from({ length: TICKS_PER_BEAT }, () => []);
  readonly #timer: NodeJS.Timeout;
  readonly #sent = new Set<Promise<void>>();
  #count = 0;
  #tick = 0;

  constructor() {
    this.#timer = setInterval(() => this.#beat(), TICK_MS);
  }

  add(session: SessionClient): void {
    this.#sessions[this.#count % TICKS_PER_BEAT]?.push(session);
    this.#count += 1;
  }

  /** Resolves when every KeepAlive has been answered. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#sent);
  }

  #beat(): void {
    this.#tick += 1;
    for (const session of this.#sessions[this.#tick % TICKS_PER_BEAT] ?? []) {
      // One that fails is told of when its client does something.
      const sent: Promise<void> = session.keepAlive().catch(() => {});
      this.#sent.add(sent);
      void sent.finally(() => this.#sent.delete(sent));
    }
  }
}
