/** A cell starts the programs that lie beside it, so the built one is taken: from `dist/`. */
const built = (path: string): string => new URL(`../../dist/loadtest/${path}`, import.meta.url).href;

const { startCell } = (await import(built("cluster/cell.js"))) as typeof import("../cluster/cell.js");

export const startBuiltCell: typeof startCell = startCell;
