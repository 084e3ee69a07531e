import { Client } from "undici";
import { until } from "./until.fixture.js";

/** One event of a stream, as a browser's `EventSource` would have it. */
export interface StreamedEvent {
  readonly event: string;
  readonly id: string | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into data of every shape
  readonly data: any;
}

/** Follows a stream of Server-Sent Events (WHATWG HTML, section 9.2.6), until it is closed. */
export class EventStreamCaller {
  status = 0;
  headers: Readonly<Record<string, string>> = {};
  /** All that came, as it came. */
  text = "";
  ended = false;
  readonly #client: Client;
  readonly #told: StreamedEvent[] = [];
  #taken = 0;

  private constructor(url: string) {
    this.#client = new Client(url, { bodyTimeout: 0 });
  }

  /** Resolves when the head of the answer is there. */
  static async open(url: string, path: string, headers: Readonly<Record<string, string>>): Promise<EventStreamCaller> {
    const caller = new EventStreamCaller(url);
    const response = await caller.#client.request({ method: "GET", path, headers });
    caller.status = response.statusCode;
    caller.headers = response.headers as Record<string, string>;
    response.body.setEncoding("utf8");
    response.body.on("data", (chunk: string) => caller.#hear(chunk));
    response.body.on("error", () => {});
    response.body.on("close", () => {
      caller.ended = true;
    });
    return caller;
  }

  /** The next event, in order. */
  async next(): Promise<StreamedEvent> {
    await until(() => this.#told.length > this.#taken || this.ended);
    const event = this.#told[this.#taken];
    if (event === undefined) throw new Error(`the stream ended: ${this.text}`);
    this.#taken += 1;
    return event;
  }

  /** How many have come that nobody took. */
  get waiting(): number {
    return this.#told.length - this.#taken;
  }

  close(): Promise<void> {
    return this.#client.destroy();
  }

  #hear(chunk: string): void {
    const before = this.text.lastIndexOf("\n\n") + 1;
    this.text += chunk;
    const after = this.text.lastIndexOf("\n\n") + 1;
    for (const block of this.text.slice(before, after).split("\n\n")) {
      const event = parse(block.trim());
      if (event !== undefined) this.#told.push(event);
    }
  }
}

function parse(block: string): StreamedEvent | undefined {
  const fields = new Map<string, string>();
  for (const line of block.split("\n")) {
    const colon = line.indexOf(": ");
    if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 2));
  }
  const data = fields.get("data");
  if (data === undefined) return undefined;
  return { event: fields.get("event") ?? "message", id: fields.get("id"), data: JSON.parse(data) };
}
