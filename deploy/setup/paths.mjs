import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository's top directory, with no slash at its end. */
export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** A path below the top directory. */
export const inRoot = (...parts) => join(ROOT, ...parts);

/** The project's own cache: made at need, never committed, safe to delete. */
export const CACHE = inRoot(".cache");
