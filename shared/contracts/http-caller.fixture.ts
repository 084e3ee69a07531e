import { Client } from "undici";

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** The body, read as JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every shape
  readonly json: any;
}

export interface Call {
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON, with its content type unless the headers name one. */
  readonly body?: unknown;
  /** Sent as it is. */
  readonly raw?: string | Buffer;
}

/** Calls one server, with the path exactly as it is given. */
export class HttpCaller {
  readonly #client: Client;

  constructor(url: string) {
    this.#client = new Client(url);
  }

  async call(line: `${string} ${string}`, { token, headers = {}, body, raw }: Call = {}): Promise<Reply> {
    const [method, path] = line.split(" ") as [string, string];
    const response = await this.#client.request({
      method,
      path,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      body: raw ?? (body === undefined ? null : JSON.stringify(body)),
    });
    const text = await response.body.text();
    return {
      status: response.statusCode,
      headers: response.headers as Record<string, string>,
      text,
      json: parsed(text),
    };
  }

  close(): Promise<void> {
    return this.#client.destroy();
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
