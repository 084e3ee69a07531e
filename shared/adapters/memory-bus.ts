import type { Bus, BusStatus, Subject, Subscription } from "../ports/bus.js";

interface Subscriber {
  readonly subject: Subject;
  readonly onMessage: (message: string) => void;
}

/** The bus of a cell that lives in one process: everybody there joins the one instance, and whoever made it closes it. */
export class MemoryBus implements Bus {
  readonly #subscribers = new Set<Subscriber>();
  #status: BusStatus = "connected";

  /** Delivers after the present code has run, in the order of publishing. */
  publish(subject: Subject, message: string): void {
    if (this.#status !== "connected") return;
    queueMicrotask(() => this.#deliver(subject, message));
  }

  subscribe(subject: Subject, onMessage: (message: string) => void): Subscription {
    const subscriber = { subject, onMessage };
    if (this.#status === "connected") this.#subscribers.add(subscriber);
    return { unsubscribe: () => this.#subscribers.delete(subscriber) };
  }

  status(): BusStatus {
    return this.#status;
  }

  /** Nothing to tell: memory is never down, and who closes the bus knows it. */
  watchStatus(): Subscription {
    return { unsubscribe: () => {} };
  }

  async close(): Promise<void> {
    this.#status = "down";
    await Promise.resolve(); // what was published before is delivered in this pause
    this.#subscribers.clear();
  }

  #deliver(subject: Subject, message: string): void {
    for (const subscriber of [...this.#subscribers]) {
      const present = subscriber.subject === subject && this.#subscribers.has(subscriber);
      if (present) subscriber.onMessage(message);
    }
  }
}
