const ORIGINS: ReadonlySet<string> = new Set([
  "https://octostore.io",
  "https://www.octostore.io",
  "http://localhost:3000",
  "http://localhost:4173",
  "http://127.0.0.1:4173",
]);
const METHODS = "GET,POST,PUT,DELETE";
const ASKED =
  "authorization,content-type,x-admin-key,x-octostore-admin-key,idempotency-key,cache-control,if-none-match,last-event-id";
const SHOWN = "retry-after,x-request-id,etag,age,x-cache,x-octofleet-revision";

/** What a page of another origin may see of an answer: headers as name, value, … */
export function corsHeaders(origin: string | undefined): string[] {
  if (origin === undefined) return [];
  const vary = ["Vary", "Origin"];
  if (!ORIGINS.has(origin)) return vary;
  return [...vary, "Access-Control-Allow-Origin", origin, "Access-Control-Expose-Headers", SHOWN];
}

/** The answer to a page that asks what it may send. */
export function preflightHeaders(): string[] {
  return [
    "Access-Control-Allow-Methods",
    METHODS,
    "Access-Control-Allow-Headers",
    ASKED,
    "Access-Control-Max-Age",
    "600",
  ];
}
