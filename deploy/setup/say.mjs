/** A set-up step that cannot go on: a message for people, and what the failed program said. */
export class SetupError extends Error {
  constructor(message, details = "") {
    super(message);
    this.details = details;
  }
}

/** One line of progress. On stderr, so that what the program itself prints stays clean. */
export const say = (line) => process.stderr.write(`octofleet: ${line}\n`);

/** Runs a script's main function; a SetupError becomes its plain message and exit code 1. */
export async function main(run) {
  try {
    process.exitCode = (await run()) ?? 0;
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    if (error.details) process.stderr.write(`${error.details.trimEnd()}\n`);
    say(error.message);
    process.exitCode = 1;
  }
}

/** Calls `work`, and says every ten seconds that it is still at it. */
export async function withProgress(what, work) {
  const startMs = performance.now();
  const elapsedS = () => Math.round((performance.now() - startMs) / 1000);
  say(`${what} …`);
  const ticker = setInterval(() => say(`${what}: ${elapsedS()} s so far …`), 10_000);
  try {
    return await work();
  } finally {
    clearInterval(ticker);
  }
}
