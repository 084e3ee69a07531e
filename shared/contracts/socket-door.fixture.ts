import { expect } from "vitest";
import type { Served } from "./door.fixture.js";
import { type Dial, SessionCaller } from "./session-caller.fixture.js";

/** The WebSocket door under test, and who talks to it. */
export class SocketDoor {
  readonly #callers: SessionCaller[] = [];
  #served: Served | undefined;
  #names = 0;
  #operations = 0;

  async open(serve: () => Promise<Served>): Promise<void> {
    this.#served = await serve();
  }

  async close(): Promise<void> {
    await this.#served?.stop();
  }

  /** Ends what the last test began. */
  async hangUp(): Promise<void> {
    const callers = this.#callers.splice(0);
    await Promise.all(callers.map((caller) => caller.end()));
    expect(callers.flatMap(({ strange }) => strange)).toEqual([]);
  }

  get served(): Served {
    if (this.#served === undefined) throw new Error("The door is not open yet.");
    return this.#served;
  }

  dial(options: Dial = {}): SessionCaller {
    const caller = new SessionCaller(this.served.url, options);
    this.#callers.push(caller);
    return caller;
  }

  async greet(token = this.served.tokens.alice): Promise<SessionCaller> {
    const caller = await SessionCaller.greet(this.served.url, token);
    this.#callers.push(caller);
    return caller;
  }

  /** A caller with a session. */
  async session(token?: string): Promise<SocketSession> {
    const caller = await this.greet(token);
    const { sessionId, resumeSecret } = await caller.ask({ type: "openSession" });
    return new SocketSession(this, caller, sessionId, resumeSecret);
  }

  /** The name of a lock that nobody has touched yet. */
  fresh(): string {
    this.#names += 1;
    return `socket/lock-${this.#names}`;
  }

  operationId(): string {
    this.#operations += 1;
    return `operation-${this.#operations}`;
  }
}

/** A session, and the socket that it was last used on. */
export class SocketSession {
  readonly #door: SocketDoor;
  readonly sessionId: string;
  readonly resumeSecret: string;
  caller: SessionCaller;

  constructor(door: SocketDoor, caller: SessionCaller, sessionId: string, resumeSecret: string) {
    this.#door = door;
    this.caller = caller;
    this.sessionId = sessionId;
    this.resumeSecret = resumeSecret;
  }

  /** Sends a request for this session; a write under an operation id of its own, if it names none. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into replies of every shape
  ask(type: string, request: Readonly<Record<string, unknown>> = {}): Promise<any> {
    const { sessionId } = this;
    return this.caller.ask({ type, sessionId, operationId: this.#door.operationId(), ...request });
  }

  /** Ends the socket, and goes on with another one. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into replies of every shape
  async resume(): Promise<any> {
    await this.caller.end();
    this.caller = await this.#door.greet();
    return this.ask("resumeSession", { resumeSecret: this.resumeSecret });
  }
}
