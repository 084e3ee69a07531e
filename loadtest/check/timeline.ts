import type { Operation } from "./history.js";

const COLUMNS = 48;

/**
 * Draws operations under one another, each as a bar from its call to its return, one line each:
 *
 *     client 1  |------|          write 2
 *     client 2            |--->   read → 1
 *
 * Bars stand in the order of time but not to scale: each instant has a column, so that what came before
 * what can be seen, however close it was. An open bar (`>`) was never answered.
 */
export function drawTimeline<Call, Result>(
  operations: readonly Operation<Call, Result>[],
  describe: (operation: Operation<Call, Result>) => string,
): string[] {
  const instants = new Set(operations.flatMap(({ invokedAtMs, returnedAtMs }) => [invokedAtMs, returnedAtMs]));
  const order = [...instants].sort((a, b) => a - b);
  const stretch = Math.max(1, Math.floor(COLUMNS / order.length));
  const column = (atMs: number): number => order.indexOf(atMs) * stretch;
  const names = Math.max(...operations.map(({ process }) => process.length));
  const columns = column(order.at(-1) as number) + 1;
  return operations.map((operation) => {
    const from = column(operation.invokedAtMs);
    const to = column(operation.returnedAtMs);
    const end = operation.returnedAtMs === Number.POSITIVE_INFINITY ? ">" : "|";
    const bar = `${" ".repeat(from)}|${"-".repeat(Math.max(0, to - from - 1))}${end}`;
    return `  ${operation.process.padEnd(names)}  ${bar.padEnd(columns)}  ${describe(operation)}`;
  });
}
