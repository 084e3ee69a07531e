/** What the operator can do when the journal cannot be trusted. */
const WAY_OUT =
  "Octofleet does not start from a guess: restore the newest backup into an empty directory and start from that. " +
  "`octofleet journal verify` shows the extent.";

/** Why the journal does not open, or no longer takes records. `message` is for people, and names the way out. */
export class JournalError extends Error {
  override readonly name = "JournalError";
  /** Where the damage was found, if that can be said. */
  readonly revision: number | undefined;

  constructor(message: string, revision?: number, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.revision = revision;
  }
}

/** Something that must not be in a journal, at a revision. `what` is a clause that names the revision. */
export interface Damage {
  readonly revision: number;
  readonly what: string;
}

/** The refusal to start from a damaged journal. */
export function refusal({ revision, what }: Damage): JournalError {
  return new JournalError(`The journal is damaged: ${what}. ${WAY_OUT}`, revision);
}
