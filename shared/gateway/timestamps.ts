/** A wall-clock time in milliseconds as RFC 3339 in UTC, with nine fraction digits as OctoStore writes it. */
export function timestamp(wallMs: number): string {
  return new Date(Math.floor(wallMs)).toISOString().replace("Z", "000000Z");
}

export const timestampOrNull = (wallMs: number | null): string | null => (wallMs === null ? null : timestamp(wallMs));
