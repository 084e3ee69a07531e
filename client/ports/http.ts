/** An HTTP answer, its body read as JSON; undefined if it is not that. */
export interface HttpAnswer {
  readonly status: number;
  readonly body: unknown;
}

export interface Http {
  /** GETs a URL. Rejects if no answer comes within `timeoutMs`. The token goes in a header, never in the URL. */
  get(url: string, options: { readonly token?: string; readonly timeoutMs: number }): Promise<HttpAnswer>;
}
