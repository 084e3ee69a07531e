import Table from "cli-table3";

/** A cell of a table: text stands left, numbers, and what stands for one, right. */
type Cell = string | number | undefined;

/** A table that reads well without colours. What is unknown shows as a dash. */
export function tableOf(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const table = new Table({
    head: [...head],
    colAligns: head.map((_, column) => (column === 0 ? "left" : "right")),
    style: { head: [], border: [], compact: true },
  });
  for (const row of rows) table.push(row.map((cell) => (typeof cell === "number" ? shown(cell) : (cell ?? "–"))));
  return table.toString();
}

/** Three digits that matter, and no more after the point than that takes. */
export function shown(value: number): string {
  if (Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return "∞";
  const digits = Number.isInteger(value) || Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
