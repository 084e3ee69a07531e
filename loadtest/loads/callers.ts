import { Pool } from "undici";
import type { LoadedCell } from "./load.js";

const CALLERS = 16;

/** Sends a request with a JSON body, or without one. Rejects if the answer is not 2xx; else gives it as JSON. */
export type Call = (method: "GET" | "POST" | "PUT" | "DELETE", path: string, body?: object) => Promise<Answer>;

export interface Answer {
  readonly lease_id?: unknown;
}

/** Calls a server as the cell's user, over connections that stay. */
export function callerAt({ cleanup, token }: LoadedCell, url: string): Call {
  const pool = new Pool(url, { connections: CALLERS });
  cleanup.add(() => pool.destroy());
  const authorization = `Bearer ${token}`;
  return async (method, path, body) => {
    const headers = { authorization, ...(body && { "content-type": "application/json" }) };
    const answer = await pool.request({ method, path, headers, body: body ? JSON.stringify(body) : null });
    const text = await answer.body.text();
    if (answer.statusCode >= 300) throw new Error(`${method} ${path} answered ${answer.statusCode}: ${text}`);
    return text === "" ? {} : (JSON.parse(text) as Answer);
  };
}

/** Sixteen at once, each the next when its last is done, for so long. `once` is told by which. */
export async function inParallel(seconds: number, once: (caller: number) => Promise<unknown>): Promise<number> {
  const untilMs = performance.now() + seconds * 1_000;
  let done = 0;
  const caller = async (_: unknown, at: number): Promise<void> => {
    while (performance.now() < untilMs) {
      await once(at);
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
  return done;
}

/** A name for each caller. */
export const namesOf = (prefix: string): string[] => Array.from({ length: CALLERS }, (_, at) => `${prefix}/${at}`);
