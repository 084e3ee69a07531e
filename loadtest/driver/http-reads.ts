import type { LockStatus } from "../../shared/protocol/session/status.js";
import { HeldCannon } from "../cannon/held-cannon.js";
import { Refused } from "./refused.js";
import type { Tally } from "./tally.js";

const CONNECTIONS_PER_DOOR = 16;
const OK = 200;

/** Reads over HTTP, as autocannon sends them. Its calls reject if they are not answered 200. */
export class HttpReads {
  readonly #cannon: HeldCannon;
  readonly #tally: Tally;

  constructor(urls: readonly string[], tally: Tally) {
    this.#cannon = new HeldCannon(urls, CONNECTIONS_PER_DOOR);
    this.#tally = tally;
  }

  async status(url: string, token: string, name: string): Promise<LockStatus> {
    this.#tally.sent("status");
    const headers = { authorization: `Bearer ${token}` };
    const { status, body } = await this.#cannon.get(url, `/locks/${name}`, headers).catch((error: unknown) => {
      this.#tally.lost("status");
      throw error;
    });
    if (status !== OK) throw new Refused(`http_${status}`, `status was answered ${status}: ${body}`);
    return JSON.parse(body) as LockStatus;
  }

  /** Rejects if autocannon counted otherwise. */
  stop(): Promise<void> {
    return this.#cannon.stop();
  }
}
