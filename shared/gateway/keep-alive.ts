/** How long an HTTP connection may be idle. */
export const KEEP_ALIVE_MS = 72_000;
