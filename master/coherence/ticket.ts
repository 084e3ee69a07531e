import type { Outcome } from "../cell/outcome.js";
import type { CommandRecord } from "../cell/record.js";

/** A command on its way from admission to its answer. */
export interface Ticket {
  /** The command and who asks; the times are set when it is applied. */
  readonly request: Pick<CommandRecord, "command" | "client">;
  /** To whom the session of the command is attached by it, if it is. */
  readonly sender: string | null;
  /** The keys whose queues it stands in. */
  keys: ReadonlySet<string>;
  /** What it may change: nobody answers from these keys any more, or nobody ever did. */
  cleared: ReadonlySet<string>;
  /** The round that cleared them, and key -> the proxies that may be refreshed. Undefined where none was needed. */
  round: { readonly number: number; readonly tombstones: ReadonlyMap<string, ReadonlySet<string>> } | undefined;
  readonly onAnswer: (answer: Outcome["answer"]) => void;
  readonly onFailure: (failure: Error) => void;
  /** Called when the command must wait for proxies, or for those of an epoch before. */
  readonly onHeldUp: () => void;
}
