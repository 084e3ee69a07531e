/** Something that is to happen at an instant of simulated time. */
export interface SimEvent {
  readonly atMs: number;
  readonly run: () => void;
}

interface Queued extends SimEvent {
  readonly insertion: number;
}

/** Events in the order of their time, and of their insertion where that is the same: a binary heap. */
export class EventQueue {
  readonly #heap: Queued[] = [];
  #insertions = 0;

  add(atMs: number, run: () => void): void {
    const heap = this.#heap;
    const event = { atMs, run, insertion: this.#insertions++ };
    let index = heap.push(event) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(event, heap[parent] as Queued)) break;
      heap[index] = heap[parent] as Queued;
      index = parent;
    }
    heap[index] = event;
  }

  /** The first event, or undefined. */
  peek(): SimEvent | undefined {
    return this.#heap[0];
  }

  /** Removes the first event. */
  shift(): void {
    const last = this.#heap.pop();
    if (last !== undefined && this.#heap.length > 0) this.#sink(last);
  }

  #sink(event: Queued): void {
    const heap = this.#heap;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      if (left >= heap.length) break;
      const right = left + 1;
      const child = right < heap.length && isBefore(heap[right] as Queued, heap[left] as Queued) ? right : left;
      if (!isBefore(heap[child] as Queued, event)) break;
      heap[index] = heap[child] as Queued;
      index = child;
    }
    heap[index] = event;
  }
}

function isBefore(a: Queued, b: Queued): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.insertion < b.insertion);
}
