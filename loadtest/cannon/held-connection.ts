import type { Client } from "autocannon";

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** A GET, and who waits for its answer. */
export interface Get {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly answered: (answer: Answer) => void;
  /** It was sent, and no answer came. */
  readonly lost: (error: Error) => void;
}

/**
 * One of autocannon's connections, which sends when it is told to.
 *
 * Left to itself it sends again as soon as it has an answer, and connects again as soon as it was cut off. It does both
 * by methods of its own, and what they do is held back here: a request until there is one, a connection until it is
 * needed.
 */
export class HeldConnection {
  readonly #client: Client;
  readonly #onFree: () => void;
  readonly #connect: () => void;
  readonly #send: () => void;
  #get: Get | undefined;
  #isConnected = false;
  #why = "";

  /** `onFree` is told each time when a GET is over, and the next may be sent. */
  constructor(client: Client, onFree: (connection: HeldConnection) => void) {
    this.#client = client;
    this.#onFree = () => onFree(this);
    this.#connect = client._connect.bind(client);
    this.#send = client._doRequest.bind(client);
    client._connect = () => this.#cutOff();
    const disconnect = client._destroyConnection.bind(client);
    client._destroyConnection = () => {
      if (client.conn !== undefined) disconnect();
    };
    client._doRequest = () => {
      if (this.#get === undefined) this.#onFree();
    };
    client.on("connError", ({ message }) => {
      this.#why = message;
    });
  }

  /** Sends one, while none is under way. */
  send(get: Get): void {
    this.#get = get;
    this.#why = "no answer came";
    const onResponse = (status: number, body: string): void => {
      this.#get = undefined;
      get.answered({ status, body });
    };
    this.#client.setRequests([{ path: get.path, headers: get.headers, onResponse }]);
    if (!this.#isConnected) this.#connect();
    this.#isConnected = true;
    this.#send();
  }

  /** Loses what is under way. */
  giveUp(why: string): void {
    const get = this.#get;
    this.#get = undefined;
    get?.lost(new Error(why));
  }

  #cutOff(): void {
    this.#isConnected = false;
    if (this.#get === undefined) return;
    // Else the next answer would be taken for this one's, or for the rest of it.
    this.#client.pipelinedRequests.clear();
    this.#client.parser.reinitialize(this.#client.parser.type);
    this.giveUp(this.#why);
    this.#onFree();
  }
}
