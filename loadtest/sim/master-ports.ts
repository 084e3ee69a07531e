import type { CommandRecord } from "../../master/cell/record.js";
import { revisionOfKey } from "../../master/journal/journal-keys.js";
import type { Bus } from "../../shared/ports/bus.js";
import type { Clock } from "../../shared/ports/clock.js";
import type { MasterLink } from "../../shared/ports/link.js";
import type { Store, StoreChange } from "../../shared/ports/store.js";
import type { EventMessage, RoundMessage } from "../../shared/protocol/bus.js";
import { lockKey, sessionKey, tokenKey } from "../../shared/protocol/keys.js";
import type { RenewReply, RenewRequest } from "../../shared/protocol/link.js";
import type { Records } from "../check/records.js";
import type { Life } from "./life.js";

interface Watched {
  readonly life: Life;
  /** Which life of the master it is. */
  readonly number: number;
  readonly clock: Clock;
  readonly records: Records;
}

/** The link of one life of the master: requests wait while it is paused, and are lost with it. */
export function linkInto(link: MasterLink, { life, records }: Pick<Watched, "life" | "records">): MasterLink {
  const into =
    <Request extends object, Reply extends object>(name: string, act: (request: Request) => Promise<Reply>) =>
    async (request: Request): Promise<Reply> => {
      if (!isRoutine(request)) records.tell("master", () => `${name} arrives: ${short(request)}`);
      try {
        const reply = await life.call(() => act(request));
        if (!isRoutine(request) || !isRoutine(reply))
          records.tell("master", () => `${name} is answered: ${short(reply)}`);
        return reply;
      } catch (error) {
        records.tell("master", () => `${name} is refused: ${(error as Error).message}`);
        throw error;
      }
    };
  return {
    register: into("register", (request) => link.register(request)),
    renew: into("renew", (request) => link.renew(request)),
    fill: into("fill", (request) => link.fill(request)),
    execute: into("execute", (request) => link.execute(request)),
    events: into("events", (request) => link.events(request)),
  };
}

/** A renewal in which nothing is said but that all is well; there are very many. */
function isRoutine(message: Partial<RenewRequest> & Partial<RenewReply>): boolean {
  const { acks, ended, leaving, sessions, owed, gone, wants } = message;
  if (acks !== undefined) {
    return acks.length + (ended?.length ?? 0) === 0 && leaving === false && !sessions?.buckets && !sessions?.lists;
  }
  return owed !== undefined && owed.length + (gone?.length ?? 0) === 0 && wants === "digest";
}

/** The disk as one life of the master sees it: what was written while it is paused, it learns of afterwards. */
export function storeOf(store: Store, { life, number, clock, records }: Watched): Store {
  return {
    write: (changes) => {
      for (const { key, revision } of changes.flatMap(keyOfRecord)) {
        records.journaled.push({ life: number, key, revision, atMs: clock.monotonicMs() });
        records.tell("master", () => `journals revision ${revision}: ${shortKey(key)}`);
      }
      return life.call(() => store.write(changes));
    },
    get: (key) => life.call(() => store.get(key)),
    range: (range) => store.range(range),
    clear: (keys) => life.call(() => store.clear(keys)),
    setMark: (mark) => store.setMark(mark),
    getMark: () => store.getMark(),
    sizeBytes: () => life.call(() => store.sizeBytes()),
    compact: () => life.call(() => store.compact()),
    close: () => life.call(() => store.close()),
  };
}

interface Keyed {
  readonly key: string;
  readonly revision: number;
}

/** The key that a journaled command is about, if it is about one, and its revision. */
function keyOfRecord(change: StoreChange): Keyed[] {
  const revision = "put" in change && change.put.includes("/record/") ? revisionOfKey(change.put) : undefined;
  if (revision === undefined || !("put" in change)) return [];
  const { body } = JSON.parse(change.value) as { body: Partial<CommandRecord> | null };
  const { command, client } = body ?? {};
  if (command === undefined) return [];
  const sessionId = command.kind === "endSession" ? command.sessionId : client?.session?.sessionId;
  if ("name" in command) return [{ key: lockKey(command.name), revision }];
  if ("hash" in command) return [{ key: tokenKey(command.hash), revision }];
  return sessionId === undefined ? [] : [{ key: sessionKey(sessionId), revision }];
}

/** The bus as one life of the master sees it, with its rounds written down. */
export function observedBus(bus: Bus, { number, clock, records }: Watched): Bus {
  return {
    publish: (subject, message) => {
      if (subject === "rounds") {
        const { round, keys, proxies } = JSON.parse(message) as RoundMessage;
        records.rounds.push({ life: number, round, keys, proxies, openedAtMs: clock.monotonicMs() });
        records.tell(
          "master",
          () => `opens round ${round} for ${keys.map(shortKey).join(", ")} to ${proxies.join(", ")}`,
        );
      } else if (subject === "events") {
        records.tell("master", () => `tells ${tellEvents(JSON.parse(message) as EventMessage)}`);
      }
      bus.publish(subject, message);
    },
    subscribe: (subject, onMessage) => bus.subscribe(subject, onMessage),
    status: () => bus.status(),
    watchStatus: (onStatus) => bus.watchStatus(onStatus),
    close: () => bus.close(),
  };
}

function tellEvents({ commits, refreshes }: EventMessage): string {
  const told = commits.flatMap(({ revision, changes }) =>
    changes.map(({ entry, event }) => `revision ${revision}: ${shortKey(entry.key)} ${event}`),
  );
  const refreshed = refreshes.map(
    ({ key, round, proxies }) => `${shortKey(key)} over round ${round} at ${proxies.join(", ")}`,
  );
  return `${told.join(", ")}${refreshed.length === 0 ? "" : `; refreshes ${refreshed.join(", ")}`}`;
}

/** A token's hash is long, and its first characters tell it from the others. */
export const shortKey = (key: string): string => key.replace(/(token\/.{6}).*/, "$1…");

const short = (message: unknown): string => JSON.stringify(message).replaceAll(/([0-9a-f]{6})[0-9a-f-]{26,}/g, "$1…");
