import { Client } from "undici";
import type { Cleanup } from "../../cluster/cleanup.js";

const UNANSWERED_MS = 30_000;

/** What came back, and how long after the request was sent. */
export interface Timed {
  readonly text: string;
  readonly ms: number;
}

/** Sends a PUT with a JSON body. Rejects if the answer is no 200. */
export type Put = (path: string, body: object) => Promise<Timed>;

/** Calls one server over one connection that stays: master and floor are reached over the very same kind of hop. */
export function callerOf(cleanup: Cleanup, url: string, headers: Readonly<Record<string, string>>): Put {
  const client = new Client(url, { headersTimeout: UNANSWERED_MS, keepAliveTimeout: UNANSWERED_MS });
  cleanup.add(() => client.close());
  const all = { ...headers, "content-type": "application/json" };
  return async (path, body) => {
    const sentMs = performance.now();
    const answer = await client.request({ method: "PUT", path, headers: all, body: JSON.stringify(body) });
    const text = await answer.body.text();
    const ms = performance.now() - sentMs;
    if (answer.statusCode !== 200) throw new Error(`${url}${path} answered ${answer.statusCode}: ${text}`);
    return { text, ms };
  };
}
