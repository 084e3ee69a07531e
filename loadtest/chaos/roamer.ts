import { Pool } from "undici";
import type { Clock } from "../../shared/ports/clock.js";
import { LIMITS } from "../../shared/protocol/limits.js";
import type { Dice } from "../clients/dice.js";

const LEASE_S = LIMITS.httpSessionSecondsMin;
const PATIENCE_MS = 2_500;
const CONNECTIONS = 8;
/** How often something is asked that has to be answered for the rest to make sense. */
const TRIES = 12;

export interface RoamerParts {
  readonly clock: Clock;
  readonly dice: Dice;
  readonly name: string;
  readonly token: string;
  /** Each door of the cell, and where it is reached. */
  readonly urls: Readonly<Record<string, string>>;
  /** A sentence about something that must not be. */
  readonly onBroken: (what: string) => void;
}

/** What became of the sessions of a roamer. */
export interface Roamed {
  opened: number;
  /** Requests that were answered with the session being there. */
  alive: number;
  /** Sessions whose DELETE was answered, and doors at which they were sought then. */
  deleted: number;
  sought: number;
}

interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: the shape is the gateway's, whose contract suite checks it
  readonly body: any;
}

/**
 * A client of OctoStore's sessions that calls another door each time. A session that one door said lives is there at
 * every other until its lease is over; once its DELETE is answered it is nowhere, and holds nothing.
 */
export class Roamer {
  readonly roamed: Roamed = { opened: 0, alive: 0, deleted: 0, sought: 0 };
  readonly #parts: RoamerParts;
  readonly #lock: string;
  readonly #pools: ReadonlyMap<string, Pool>;
  #operations = 0;

  constructor(parts: RoamerParts) {
    this.#parts = parts;
    this.#lock = `roam/${parts.name}`;
    const options = { connections: CONNECTIONS, headersTimeout: 0, bodyTimeout: 0 };
    this.#pools = new Map(Object.entries(parts.urls).map(([door, url]) => [door, new Pool(url, options)]));
  }

  /** One session, from its making to its end. */
  async round(): Promise<void> {
    const { clock, dice } = this.#parts;
    let sentMs = clock.monotonicMs();
    const made = await this.#ask(this.#anyDoor(), "POST /sessions", { ttl_seconds: LEASE_S });
    if (made?.status !== 201) return;
    this.roamed.opened += 1;
    const path = `/sessions/${made.body.session_id}`;
    const token = await this.#take(made.body.session_id);
    for (let left = 2 + dice.int(4); left > 0; left--) {
      await this.pause(dice.int(1_200));
      const askedMs = clock.monotonicMs();
      const verb = dice.chance(0.7) ? `POST ${path}/keepalive` : `GET ${path}`;
      const door = this.#anyDoor();
      const answer = await this.#ask(door, verb);
      if (answer?.status === 404) {
        this.#ifAlive(sentMs, `${verb} at ${door} was answered 404`);
        return;
      }
      if (answer?.status !== 200) continue;
      this.roamed.alive += 1;
      if (verb.startsWith("POST")) sentMs = askedMs;
    }
    await this.#remove(path, sentMs, token);
  }

  pause(forMs: number): Promise<void> {
    return new Promise((resolve) => void this.#parts.clock.after(forMs, resolve));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.destroy()));
  }

  /** Takes the roamer's own lock with the session; answers the fencing token, if that went well. */
  async #take(sessionId: string): Promise<number | undefined> {
    const key = `${this.#parts.name}-${++this.#operations}`;
    for (let tried = 0; tried < TRIES; tried++) {
      const wish = { ephemeral: true, session_id: sessionId };
      const answer = await this.#ask(this.#anyDoor(), `POST /locks/${this.#lock}/acquire`, wish, key);
      if (answer !== undefined && answer.status < 500) return answer.body?.fencing_token;
      await this.pause(200);
    }
    return undefined;
  }

  async #remove(path: string, sentMs: number, token: number | undefined): Promise<void> {
    for (let tried = 0; tried < TRIES; tried++) {
      const door = this.#anyDoor();
      const answer = await this.#ask(door, `DELETE ${path}`);
      if (answer?.status === 404 && tried === 0) this.#ifAlive(sentMs, `DELETE ${path} at ${door} was answered 404`);
      if (answer?.status === 204 || answer?.status === 404) {
        this.roamed.deleted += 1;
        await this.#seek(path, token);
        return;
      }
      await this.pause(200);
    }
  }

  async #seek(path: string, token: number | undefined): Promise<void> {
    const { dice, name, onBroken } = this.#parts;
    await Promise.all(
      [...this.#pools.keys()].map(async (door) => {
        const verb = dice.chance(0.5) ? `GET ${path}` : `POST ${path}/keepalive`;
        const session = await this.#ask(door, verb);
        if (session !== undefined && session.status < 500) this.roamed.sought += 1;
        if (session?.status === 200) onBroken(`${name} was answered 200 to ${verb} at ${door}, after its DELETE.`);
        const lock = await this.#ask(door, `GET /locks/${this.#lock}`);
        if (lock?.status === 200 && token !== undefined && lock.body?.fencing_token === token)
          onBroken(`${door} shows ${this.#lock} with token ${token}, whose session ${path} was deleted.`);
      }),
    );
  }

  #ifAlive(sentMs: number, what: string): void {
    const { clock, name, onBroken } = this.#parts;
    const forMs = clock.monotonicMs() - sentMs;
    if (forMs < LEASE_S * 1_000 * LIMITS.driftFactor)
      onBroken(`${what} to ${name}, ${forMs.toFixed()} ms after it had asked what showed that the session lives.`);
  }

  async #ask(door: string, what: string, body?: object, operationId?: string): Promise<Answer | undefined> {
    const [method = "", path = ""] = what.split(" ");
    try {
      const { statusCode, body: answered } = await (this.#pools.get(door) as Pool).request({
        method,
        path,
        headers: {
          authorization: `Bearer ${this.#parts.token}`,
          ...(body && { "content-type": "application/json" }),
          ...(operationId && { "idempotency-key": operationId }),
        },
        body: body === undefined ? null : JSON.stringify(body),
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      const text = await answered.text();
      return { status: statusCode, body: text === "" ? undefined : JSON.parse(text) };
    } catch {
      return undefined;
    }
  }

  #anyDoor(): string {
    return this.#parts.dice.pick([...this.#pools.keys()]);
  }
}
