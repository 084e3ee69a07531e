import { expect } from "vitest";
import { type Call, HttpCaller, type Reply } from "./http-caller.fixture.js";

/** A cell's front door, somewhere. */
export interface Served {
  readonly url: string;
  /** Two tokens of two principals. */
  readonly tokens: { readonly alice: string; readonly bob: string };
  readonly adminKey: string;
  stop(): Promise<void>;
}

/** A lease that nobody has. */
export const NO_LEASE = "00000000-0000-4000-8000-000000000000";

/** The HTTP door under test, and two callers. To be opened before the first test and closed after the last. */
export class Door {
  #served: Served | undefined;
  #http: HttpCaller | undefined;
  #names = 0;

  async open(serve: () => Promise<Served>): Promise<void> {
    this.#served = await serve();
    this.#http = new HttpCaller(this.#served.url);
  }

  async close(): Promise<void> {
    await this.#http?.close();
    await this.#served?.stop();
  }

  get served(): Served {
    if (this.#served === undefined) throw new Error("The door is not open yet.");
    return this.#served;
  }

  get alice(): { token: string } {
    return { token: this.served.tokens.alice };
  }

  get bob(): { token: string } {
    return { token: this.served.tokens.bob };
  }

  /** The name of a lock that nobody has touched yet. */
  fresh(): string {
    this.#names += 1;
    return `contract/lock-${this.#names}`;
  }

  call(line: `${string} ${string}`, call?: Call): Promise<Reply> {
    if (this.#http === undefined) throw new Error("The door is not open yet.");
    return this.#http.call(line, call);
  }

  acquire(lock: string, who: Call, body: object = {}): Promise<Reply> {
    return this.call(`POST /locks/${lock}/acquire`, { ...who, body });
  }
}

/** Expects the one shape of an error. */
export function expectFault(reply: Reply, status: number, code: string): void {
  expect({ status: reply.status, code: reply.json?.code }, reply.text).toEqual({ status, code });
  expect(Object.keys(reply.json).slice(0, 4)).toEqual(["error", "code", "details", "request_id"]);
  expect(reply.json.details).not.toBe("");
  expect(reply.json.request_id).toBe(reply.headers["x-request-id"]);
}
