import type { SimRandom } from "../../shared/sim/sim-random.js";
import type { Mix } from "./mix.js";

const BYTES_SMALL_MIN = 40;
/** What a door takes as metadata at the most, in characters. */
export const CHARS_MAX = 1_024;

/** Which files there are, which clients look at which, and what is in them: by arithmetic, so that all drivers agree. */
export class Names {
  readonly files: number;
  readonly absent: number;
  readonly #mix: Mix["files"];
  readonly #absentPerClient: number;
  readonly #prefix: string;

  /** All names begin with `prefix` and a slash. */
  constructor(mix: Mix["files"], clients: number, prefix = "load") {
    const { perClient, clientsPerFile, absentShare } = mix;
    this.#mix = mix;
    this.#prefix = prefix;
    this.#absentPerClient = absentShare === 1 ? perClient : Math.round((perClient * absentShare) / (1 - absentShare));
    this.files = Math.max(perClient, Math.ceil((clients * perClient) / clientsPerFile));
    this.absent = Math.max(this.#absentPerClient, Math.ceil((clients * this.#absentPerClient) / clientsPerFile));
  }

  file(index: number): string {
    return `${this.#prefix}/${this.#isNaming(index) ? "name" : "file"}-${index}`;
  }

  /** Every name that is looked up, at a place of the list that does not depend on who asks. */
  at(index: number): string {
    return index < this.files ? this.file(index) : `${this.#prefix}/absent-${index - this.files}`;
  }

  get count(): number {
    return this.files + this.absent;
  }

  /** A lock that is no file. */
  lock(name: string): string {
    return `${this.#prefix}/${name}`;
  }

  /** A file of those that a client looks at. */
  fileOf(client: number, random: SimRandom): number {
    return spread(client, random.int(this.#mix.perClient), this.#mix.perClient, this.files);
  }

  /** A name that a client looks up: a file, or one that does not exist. */
  lookedUpBy(client: number, random: SimRandom): string {
    if (!random.chance(this.#mix.absentShare)) return this.file(this.fileOf(client, random));
    const at = spread(client, random.int(this.#absentPerClient), this.#absentPerClient, this.absent);
    return this.at(this.files + at);
  }

  /** What a file holds in its version `version`. The version stands first, so that no two contents are alike. */
  contents(index: number, version: number): string {
    const head = `v${version} 10.${(index >> 8) & 255}.${index & 255}.${version & 255}:8080 `;
    const { over1KiBShare, namingShare } = this.#mix;
    if (this.#isNaming(index)) return head.trimEnd();
    if (place(index) >= 1 - over1KiBShare) return head + "…".repeat(CHARS_MAX - head.length);
    const between = (place(index) - namingShare) / Math.max(1 - over1KiBShare - namingShare, Number.EPSILON);
    return head.padEnd(BYTES_SMALL_MIN + Math.floor(between * (CHARS_MAX - BYTES_SMALL_MIN - 1)), ".");
  }

  #isNaming(index: number): boolean {
    return place(index) < this.#mix.namingShare;
  }
}

const GOLDEN = 0.618_033_988_749_894_9;
/** A number in [0, 1) for each file: evenly spread over the files whatever their number (additive recurrence). */
const place = (index: number): number => (index * GOLDEN) % 1;

/** The `which`th of `each` things of a client among `all`: each thing has as many clients as any other. */
const spread = (client: number, which: number, each: number, all: number): number =>
  (client + which * Math.max(1, Math.floor(all / each))) % all;
