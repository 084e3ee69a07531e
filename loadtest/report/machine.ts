import { availableParallelism, cpus, totalmem } from "node:os";

const GIB = 2 ** 30;

/** Where a measurement was made. */
export const machine = () => ({
  node: process.version,
  platform: `${process.platform} ${process.arch}`,
  processor: cpus()[0]?.model.trim() ?? "unknown",
  cores: availableParallelism(),
  memoryGiB: Math.round((totalmem() / GIB) * 10) / 10,
});
