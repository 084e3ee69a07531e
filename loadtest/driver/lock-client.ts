import { Pool } from "undici";
import type { Operation } from "../../shared/gateway/metrics.js";
import type { LockStatus } from "../../shared/protocol/session/status.js";
import { Refused } from "./refused.js";
import type { Tally } from "./tally.js";

const CONNECTIONS = 16;
const ANSWER_MS = 10_000;

export interface Grant {
  readonly leaseId: string;
  readonly fencingToken: number;
}

/** The HTTP door of one process, for any number of clients. Its calls reject if they are not answered 200. */
export class LockClient {
  readonly #pool: Pool;
  readonly #tally: Tally;

  constructor(url: string, tally: Tally) {
    this.#pool = new Pool(url, { connections: CONNECTIONS, headersTimeout: ANSWER_MS, bodyTimeout: ANSWER_MS });
    this.#tally = tally;
  }

  async status(token: string, name: string): Promise<LockStatus> {
    return JSON.parse(await this.#ask("status", token, "GET", name)) as LockStatus;
  }

  async acquire(token: string, name: string, ttlSeconds: number, metadata: string | null): Promise<Grant> {
    const body = { ttl_seconds: ttlSeconds, ...(metadata !== null && { metadata }) };
    const answer = JSON.parse(await this.#ask("acquire", token, "POST", `${name}/acquire`, body)) as Acquired;
    if (answer.status !== "acquired") throw new Refused(answer.status, `${name} is ${answer.status}`);
    return { leaseId: answer.lease_id, fencingToken: answer.fencing_token };
  }

  async release(token: string, name: string, leaseId: string): Promise<void> {
    await this.#ask("release", token, "POST", `${name}/release`, { lease_id: leaseId });
  }

  async setMetadata(token: string, name: string, leaseId: string, metadata: string): Promise<void> {
    await this.#ask("set_metadata", token, "PUT", `${name}/metadata`, { lease_id: leaseId, metadata });
  }

  async #ask(operation: Operation, token: string, method: "GET" | "POST" | "PUT", rest: string, body?: object) {
    this.#tally.sent(operation);
    const answer = await this.#pool
      .request({
        path: `/locks/${rest}`,
        method,
        headers: { authorization: `Bearer ${token}`, ...(body && { "content-type": "application/json" }) },
        body: body ? JSON.stringify(body) : null,
      })
      .catch((error: unknown) => {
        this.#tally.lost(operation);
        throw error;
      });
    const text = await answer.body.text();
    if (answer.statusCode !== 200)
      throw new Refused(`http_${answer.statusCode}`, `${operation} was answered ${answer.statusCode}: ${text}`);
    return text;
  }
}

interface Acquired {
  readonly status: string;
  readonly lease_id: string;
  readonly fencing_token: number;
}
