import type { Http } from "../../../client/ports/http.js";

const FAR_MS = 40;

/**
 * Makes one gateway look near and all others far, until it is told not to: a client sits at its nearest gateway, and
 * all of them shall sit at the one that is to die. Ten thousand probes at a time would tell of each other only.
 */
export class NearHttp implements Http {
  readonly #near: string;
  readonly #real: Http;
  isPretending = true;

  constructor(near: string, real: Http) {
    this.#near = near;
    this.#real = real;
  }

  async get(url: string, options: { readonly token?: string; readonly timeoutMs: number }) {
    if (!this.isPretending) return this.#real.get(url, options);
    if (!url.startsWith(this.#near)) await new Promise((resolve) => setTimeout(resolve, FAR_MS));
    return { status: url.endsWith("/readyz") ? 200 : 404, body: undefined };
  }
}
