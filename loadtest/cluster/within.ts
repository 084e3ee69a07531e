/** Waits for something, at most so long. Rejects with `failure` as its message when the time is over. */
export async function within<T>(limitMs: number, waiting: Promise<T>, failure: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${failure} within ${limitMs / 1000} s.`)), limitMs);
  });
  try {
    return await Promise.race([waiting, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Asks every 50 ms until the answer is no longer undefined. Rejects when the time is over. */
export async function eventually<T>(limitMs: number, ask: () => Promise<T | undefined>, failure: string): Promise<T> {
  const until = performance.now() + limitMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > until) throw new Error(`${failure} within ${limitMs / 1000} s.`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
