import type { Plant } from "./plant.js";

/** Mistakes that somebody could make in good faith with lists, and with the cell's own time. */
export const LIST_AND_TIME_PLANTS: readonly Plant[] = [
  {
    name: "list-kept-by-proxies",
    text: "A list is granted to a proxy like a lock, and no command names it.",
    edits: [
      {
        file: "master/link/calls.ts",
        before: 'return kind === "lock" || kind === "token";',
        after: 'return kind === "lock" || kind === "token" || kind === "list";',
      },
    ],
  },
  {
    name: "list-mended-from-the-cache",
    text: "A proxy puts what its cache has into a list that comes from the master, to make it newer still.",
    edits: [
      {
        file: "proxy/service.ts",
        before: `      if (entry.key === PROXIES_KEY) this.#proxies.keep(entry);
    }
    return view;
  }
`,
        after: `      if (entry.key === PROXIES_KEY) this.#proxies.keep(entry);
    }
    return { ...view, entries: view.entries.map((entry) => this.#mended(entry)) };
  }

  #mended(entry: Entry): Entry {
    if (entry.value?.kind !== "list" || this.#parts.lease.running() === undefined) return entry;
    const nowMs = this.#parts.clock.monotonicMs();
    const locks = entry.value.locks.flatMap((lock) => {
      const known = this.#cache.get(lockKey(lock.name), nowMs)?.entry;
      if (known === undefined) return [lock];
      return known.value?.kind === "lock" ? [known.value] : [];
    });
    return { ...entry, value: { ...entry.value, locks } };
  }
`,
      },
      {
        file: "proxy/service.ts",
        before: "import { PROXIES_KEY }",
        after: "import { lockKey, PROXIES_KEY }",
      },
    ],
  },
  {
    name: "cell-time-by-the-wall-clock",
    text: "The cell's time goes on from the last journaled value at the pace of the wall clock.",
    edits: [
      {
        file: "master/cell-time.ts",
        before: "this.#startedAtMs = clock.monotonicMs();",
        after: "this.#startedAtMs = clock.wallMs();",
      },
      {
        file: "master/cell-time.ts",
        before: "(this.#clock.monotonicMs() - this.#startedAtMs)",
        after: "(this.#clock.wallMs() - this.#startedAtMs)",
      },
    ],
  },
];
