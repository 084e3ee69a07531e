/** A command of a session on its way from admission to its answer. */
export interface CommandUnderWay {
  /** The keys that it may change. */
  readonly keys: readonly string[];
  /** Under which the operations on record know it; undefined without an operation id. */
  readonly operation: string | undefined;
  readonly isEnd: boolean;
  /** Its owner's token moves it to another gateway, and the present one is told first. */
  readonly isMove: boolean;
}

/**
 * The commands of each session that are under way, and with them which sessions are ending.
 *
 * An end is final when it is decided, not when it is committed (rule S2): while one is under way, nothing new is taken
 * from its session, and the end names the keys of all that was taken before (rule R3). So it stands behind that
 * in the queues, and nothing that the session gets can slip past its end.
 */
export class UnderWay {
  readonly #sessions = new Map<string, Set<CommandUnderWay>>();

  /** Returns what is to be called when the command is answered. */
  begin(sessionId: string, command: CommandUnderWay): () => void {
    const commands = this.#sessions.get(sessionId) ?? new Set();
    this.#sessions.set(sessionId, commands.add(command));
    return () => {
      commands.delete(command);
      if (commands.size === 0 && this.#sessions.get(sessionId) === commands) this.#sessions.delete(sessionId);
    };
  }

  isEnding(sessionId: string): boolean {
    return this.#some(sessionId, ({ isEnd }) => isEnd);
  }

  /** Whether its holder is to let go of it. */
  isLeaving(sessionId: string): boolean {
    return this.#some(sessionId, ({ isEnd, isMove }) => isEnd || isMove);
  }

  /** Whether the operation is being decided: what is sent again is no new command. */
  has(sessionId: string, operation: string): boolean {
    return this.#some(sessionId, (command) => command.operation === operation);
  }

  /** The keys that the session's commands may change. */
  keysOf(sessionId: string): string[] {
    return [...(this.#sessions.get(sessionId) ?? [])].flatMap(({ keys }) => keys);
  }

  #some(sessionId: string, predicate: (command: CommandUnderWay) => boolean): boolean {
    const commands = this.#sessions.get(sessionId);
    if (commands !== undefined) for (const command of commands) if (predicate(command)) return true;
    return false;
  }
}
