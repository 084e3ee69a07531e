import { request } from "undici";

type Headers = Readonly<Record<string, string>>;

/** Acquires a lock for an hour. Gives the id of the lease. */
export async function acquireLock(url: string, path: string, headers: Headers): Promise<string> {
  const answer = await request(`${url}${path}/acquire`, {
    method: "POST",
    headers: { ...headers, "content-type": "application/json" },
    body: JSON.stringify({ ttl_seconds: 3_600, metadata: "primary at 10.0.0.1:8080" }),
  });
  const text = await answer.body.text();
  if (answer.statusCode !== 200) throw new Error(`the lock could not be acquired: ${answer.statusCode} ${text}`);
  return String((JSON.parse(text) as { lease_id: unknown }).lease_id);
}

/** Reads the lock at a proxy. Undefined if that was no cache hit. */
export async function cachedRead(url: string, path: string, headers: Headers) {
  const answer = await request(`${url}${path}`, { headers });
  const body = await answer.body.text();
  if (answer.headers["x-cache"] !== "hit") return undefined;
  return { body, type: String(answer.headers["content-type"]) };
}
