import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { LRUCache } from "lru-cache";
import type { PlainRead, PlainReads } from "./plain-reads.js";
import { requestHead } from "./request-head.js";

const REMEMBERED_CHARS_MAX = 4 * 2 ** 20;
/** Headers that speak of a body. */
const MORE_THAN_A_HEAD = ["content-length", "transfer-encoding", "expect"];

type Parse = (bytes: Buffer) => void;

interface Answered {
  readonly read: PlainRead;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** What node:http made of some bytes. */
interface Parsed {
  readonly socket: SocketReads;
  /** The last request in them, if it was a plain read that was answered. */
  answered: Answered | undefined;
}

/**
 * Reads that a client repeats to the byte, answered without being parsed again.
 *
 * Who asks "who is primary?" all day sends the same bytes each time, and it costs node:http more to make them
 * a request (two streams, their headers and events) than the answer costs. A parser of our own would be faster,
 * and one more way to misread a request. So there is none: node:http reads every head once, and what is
 * remembered is what it made of exactly these bytes. Only the reading is remembered, never the answer: token
 * and lock are looked up each time, as for any other read (P10, A1).
 *
 * Bytes are a request only where one may begin, and the answer to it must not overtake another. So they are
 * looked up only if the last that node:http read on that socket was one plain read, whole and nothing else, its
 * answer has left, and nothing waits to be sent. All else, and the first request of each socket, is node:http's.
 */
export class RepeatedReads {
  readonly #reads: PlainReads;
  readonly #date: () => string;
  readonly #known = new LRUCache<string, PlainRead>({
    maxSize: REMEMBERED_CHARS_MAX,
    sizeCalculation: (_read, head) => head.length,
  });
  /** Set while node:http reads. */
  #parsed: Parsed | undefined;
  #stopped = false;

  constructor(reads: PlainReads, date: () => string) {
    this.#reads = reads;
    this.#date = date;
  }

  /** Stands before node:http at each of its sockets. */
  watch(server: Server): Server {
    server.on("connection", (socket: Socket) => {
      const [parse, ...others] = socket.listeners("data") as Parse[];
      if (parse !== undefined && others.length === 0) new SocketReads(this, socket, parse);
    });
    // The socket is somebody else's from then on.
    return server.prependListener("upgrade", () => this.#parsed?.socket.leave());
  }

  /** Leaves everything to node:http from now on: it knows how to end a connection. */
  stop(): void {
    this.#stopped = true;
  }

  /** Answers a request that node:http has read, if it is a plain one and the cache can. */
  serve(request: IncomingMessage, response: ServerResponse): boolean {
    const read = this.#reads.of(request);
    const isAnswered = read !== undefined && this.#reads.answer(read, response);
    if (this.#parsed !== undefined) this.#parsed.answered = isAnswered ? { read, request, response } : undefined;
    return isAnswered;
  }

  /** Answers the bytes, if they are a read that is known, and the cache can. */
  answer(socket: Socket, bytes: Buffer): boolean {
    const read = this.#stopped ? undefined : this.#known.get(bytes.toString("latin1"));
    const answer = read && this.#reads.wireAnswer(read, this.#date());
    if (answer === undefined) return false;
    socket.write(answer.text, answer.encoding);
    return true;
  }

  /** Lets node:http read the bytes. Returns the response to the one plain read that they were, if they were. */
  parse(socket: SocketReads, bytes: Buffer, parse: () => void, begins: boolean): ServerResponse | undefined {
    const parsed: Parsed = { socket, answered: undefined };
    this.#parsed = parsed;
    try {
      parse();
    } finally {
      this.#parsed = undefined;
    }
    const { answered } = parsed;
    if (answered === undefined) return undefined;
    const head = bytes.toString("latin1");
    if (!isWhole(head, answered.request)) return undefined;
    if (begins) this.#known.set(head, answered.read);
    return answered.response;
  }
}

/** One socket of node:http's. */
class SocketReads {
  readonly #reads: RepeatedReads;
  readonly #socket: Socket;
  readonly #parse: Parse;
  /** Whether what comes next begins with a request. */
  #begins = true;
  /** Whether node:http, which waits for a first request only so long, has had it. */
  #served = false;
  #due: ServerResponse | undefined;
  readonly #onData = (bytes: Buffer): void => this.#take(bytes);

  constructor(reads: RepeatedReads, socket: Socket, parse: Parse) {
    this.#reads = reads;
    this.#socket = socket;
    this.#parse = parse;
    socket.removeListener("data", parse);
    socket.on("data", this.#onData);
  }

  leave(): void {
    this.#socket.removeListener("data", this.#onData);
  }

  #take(bytes: Buffer): void {
    if (this.#due?.writableFinished === true) this.#due = undefined;
    const isQuiet = this.#begins && this.#served && this.#due === undefined && this.#socket.writableLength === 0;
    if (isQuiet && this.#reads.answer(this.#socket, bytes)) return;
    const response = this.#reads.parse(this, bytes, () => this.#parse.call(this.#socket, bytes), this.#begins);
    this.#begins = response !== undefined;
    this.#served = true;
    // As a rule it has left already, and is not to be kept for as long as the connection is idle.
    this.#due = response?.writableFinished === true ? undefined : response;
  }
}

/**
 * Whether a text is this request, from its first character to its last, and no body follows. It is compared as a whole:
 * the end of a head and all of another, which node:http may have refused by itself, could look like one in part.
 */
function isWhole(text: string, request: IncomingMessage): boolean {
  const { headers, httpVersion } = request;
  if (httpVersion !== "1.1" || MORE_THAN_A_HEAD.some((name) => name in headers)) return false;
  if (headers.connection !== undefined && headers.connection.toLowerCase() !== "keep-alive") return false;
  return text === requestHead(request);
}
