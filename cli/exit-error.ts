/** `usage`: the command was asked for wrongly. `operation`: it was asked for rightly and could not be done. */
export const EXIT_CODES = { usage: 2, operation: 1 } as const;
export type ExitKind = keyof typeof EXIT_CODES;

/** Ends the command with one line for people and the exit code of its kind. */
export class ExitError extends Error {
  override readonly name = "ExitError";
  readonly kind: ExitKind;

  constructor(kind: ExitKind, message: string) {
    super(message);
    this.kind = kind;
  }
}

export const usageError = (message: string): ExitError => new ExitError("usage", message);
export const operationError = (message: string): ExitError => new ExitError("operation", message);

/** Any thrown thing as what the user is told of it: one line, and never a stack trace. */
export function exitErrorOf(thrown: unknown): ExitError {
  if (thrown instanceof ExitError) return thrown;
  return operationError(oneLine(thrown instanceof Error ? thrown.message : String(thrown)));
}

const oneLine = (text: string): string => text.trim().replaceAll(/\s*\n\s*/g, " ") || "it failed without a word";
