import type { Http } from "../ports/http.js";

/** HTTP by the global `fetch`, which Node and browsers have. */
export const fetchHttp: Http = {
  async get(url, { token, timeoutMs }) {
    const answer = await fetch(url, {
      signal: AbortSignal.timeout(timeoutMs),
      redirect: "error",
      ...(token !== undefined && { headers: { authorization: `Bearer ${token}` } }),
    });
    const body: unknown = await answer.json().catch(() => undefined);
    return { status: answer.status, body };
  },
};
