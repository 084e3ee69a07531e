/** A text in a source file, and what stands there once the bug is planted. */
export interface Edit {
  /** Relative to the top of the repository. */
  readonly file: string;
  /** Occurs exactly once in the file. */
  readonly before: string;
  readonly after: string;
}

/** A realistic mistake, as a change of the production sources. */
export interface Plant {
  readonly name: string;
  /** The mistake in words, as who made it might have put it. */
  readonly text: string;
  readonly edits: readonly Edit[];
}

/** The text of a file with its edits made. Throws if the sources have moved on and a context is not there, or not once. */
export function edited(text: string, edits: readonly Edit[]): string {
  return edits.reduce((current, { file, before, after }) => {
    const parts = current.split(before);
    if (parts.length !== 2) {
      throw new Error(`This must be in ${file} once, and is there ${parts.length - 1} times:\n${before}`);
    }
    return parts.join(after);
  }, text);
}

/** Reads the files that a plant changes; answers their new texts by their paths. */
export function planted({ name, edits }: Plant, read: (file: string) => string): Map<string, string> {
  const files = [...new Set(edits.map(({ file }) => file))];
  try {
    return new Map(
      files.map((file) => [
        file,
        edited(
          read(file),
          edits.filter((edit) => edit.file === file),
        ),
      ]),
    );
  } catch (error) {
    throw new Error(`The plant ${name} does not apply any more. ${(error as Error).message}`);
  }
}
