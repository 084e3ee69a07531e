/** What we use of autocannon, which has no types of its own. */
declare module "autocannon" {
  export interface Options {
    readonly url: string | readonly string[];
    readonly connections: number;
    /** Seconds. */
    readonly duration: number;
    readonly headers?: Readonly<Record<string, string>>;
    /** Seconds without an answer after which a connection is given up. */
    readonly timeout?: number;
    /** Milliseconds between two looks at the counts; a run ends at one. */
    readonly sampleInt?: number;
    /** Told of each connection before it is made. */
    readonly setupClient?: (client: Client) => void;
  }

  export interface Request {
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly onResponse: (status: number, body: string) => void;
  }

  /** One connection; what begins with an underscore is not public. */
  export interface Client {
    readonly opts: { readonly origin: string };
    readonly parser: { readonly reinitialize: (type: unknown) => void; readonly type: unknown };
    readonly pipelinedRequests: { readonly clear: () => void };
    readonly conn?: object;
    _connect: () => void;
    _destroyConnection: () => void;
    _doRequest: () => void;
    setRequests(requests: readonly Request[]): void;
    on(event: "connError", listener: (error: Error) => void): void;
  }

  export interface Result {
    /** Seconds that it really took. */
    readonly duration: number;
    readonly requests: { readonly total: number; readonly sent: number; readonly average: number };
    /** Milliseconds. */
    readonly latency: { readonly p50: number; readonly p99: number };
    readonly "2xx": number;
    readonly non2xx: number;
    readonly errors: number;
    readonly timeouts: number;
    readonly statusCodeStats: Readonly<Record<string, { readonly count: number }>>;
  }

  export interface Run extends PromiseLike<Result> {
    stop(): void;
  }

  export default function autocannon(options: Options): Run;
}
