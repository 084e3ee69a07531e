/** Milliseconds on the monotonic clock of this machine, which is the same for all its processes. */
export const machineMs = (): number => Number(process.hrtime.bigint() / 1_000n) / 1_000;
