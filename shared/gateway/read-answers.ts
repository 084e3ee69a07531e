import type { Entry } from "../protocol/entries.js";
import type { HttpAnswer } from "./answers.js";
import type { View } from "./cell-service.js";
import { heldStatus, lockStatus } from "./lock-status.js";

/** The parts of an answer that depend on the entry alone. */
interface Rendered {
  readonly epoch: number;
  readonly body: string;
  readonly bodyBytes: string;
  readonly etag: string;
  readonly revision: string;
}

/** Entries are immutable, so what was made of one is good for as long as the entry is kept. */
const renderedLocks = new WeakMap<Entry, Rendered>();

function render(entry: Entry, epoch: number, body: string): Rendered {
  return {
    epoch,
    body,
    bodyBytes: String(Buffer.byteLength(body)),
    etag: `W/"${entry.revision}"`,
    revision: `${epoch}.${entry.revision}`,
  };
}

function renderLock(entry: Entry, epoch: number): Rendered {
  const known = renderedLocks.get(entry);
  if (known !== undefined && known.epoch === epoch) return known;
  const made = render(entry, epoch, JSON.stringify(lockStatus(entry)));
  renderedLocks.set(entry, made);
  return made;
}

/**
 * The answer says how it was made. An HTTP cache on the way may keep it for its one reader, but must ask
 * again each time: how fresh it is, is decided here.
 */
function answer(view: View, rendered: Rendered): HttpAnswer {
  return {
    status: 200,
    headers: [
      "Content-Type",
      "application/json",
      "Content-Length",
      rendered.bodyBytes,
      "Cache-Control",
      "private, no-cache",
      "ETag",
      rendered.etag,
      "X-Octofleet-Revision",
      rendered.revision,
      "X-Cache",
      view.source,
      "Age",
      String(Math.floor(view.ageMs / 1000)),
    ],
    body: rendered.body,
  };
}

/** The status of one lock. */
export const lockAnswer = (view: View, entry: Entry): HttpAnswer => answer(view, renderLock(entry, view.epoch));

/** The held locks under a prefix; `prefix` as it was asked for, null if it was not. */
export function listAnswer(view: View, entry: Entry, prefix: string | null): HttpAnswer {
  if (entry.value?.kind !== "list") throw new Error(`the entry under ${entry.key} is no list`);
  const { locks } = entry.value;
  const body = JSON.stringify({ locks: locks.map(heldStatus), total: locks.length, prefix });
  return answer(view, render(entry, view.epoch, body));
}

/** Without its body, for a reader who has it (RFC 9110, section 15.4.5). */
export function notModified(full: HttpAnswer): HttpAnswer {
  const headers = full.headers.filter((_, at) => {
    const name = full.headers[at - (at % 2)];
    return name !== "Content-Type" && name !== "Content-Length";
  });
  return { status: 304, headers, body: "" };
}

/** Whether `If-None-Match` names an answer's tag, compared weakly (RFC 9110, section 13.1.2). */
export function matchesTag(full: HttpAnswer, ifNoneMatch: string | undefined): boolean {
  if (ifNoneMatch === undefined) return false;
  const opaque = (tag: string): string => tag.trim().replace(/^W\//, "");
  const own = opaque(full.headers[full.headers.indexOf("ETag") + 1] as string);
  return ifNoneMatch.split(",").some((tag) => opaque(tag) === own || tag.trim() === "*");
}
