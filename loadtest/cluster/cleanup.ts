const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;

/** What has to be undone when a run is over, in reverse order. */
export class Cleanup {
  readonly #steps: (() => Promise<void>)[] = [];
  #done: Promise<void> | undefined;

  add(step: () => Promise<void>): void {
    this.#steps.push(step);
  }

  /** Runs every step, also when one of them fails. The second call waits for the first. */
  run(): Promise<void> {
    this.#done ??= this.#undo();
    return this.#done;
  }

  async #undo(): Promise<void> {
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      await step().catch((error: unknown) => process.stderr.write(`clean-up: ${String(error)}\n`));
    }
  }
}

/** Does the work, and undoes what it added to its clean-up: at the end, at a failure, and at Ctrl-C (exit code 128 + signal). */
export async function withCleanup<T>(work: (cleanup: Cleanup) => Promise<T>): Promise<T> {
  const cleanup = new Cleanup();
  const onSignal = (signal: NodeJS.Signals): void => {
    void cleanup.run().then(() => process.exit(128 + SIGNALS[signal as keyof typeof SIGNALS]));
  };
  for (const signal of Object.keys(SIGNALS)) process.on(signal, onSignal);
  try {
    return await work(cleanup);
  } finally {
    await cleanup.run();
    for (const signal of Object.keys(SIGNALS)) process.off(signal, onSignal);
  }
}
