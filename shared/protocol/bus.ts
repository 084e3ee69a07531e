import { type Static, type TSchema, Type } from "typebox";
import { Compile } from "typebox/compile";
import { Ack, Commit } from "./link.js";

/** An invalidation: the named proxies drop the keys and acknowledge. Published by the master. */
export const RoundMessage = Type.Object({
  epoch: Type.Integer(),
  round: Type.Integer(),
  /** The number of the round before, so that a gap shows. */
  previous: Type.Integer(),
  /** Of the state when it was opened: a session that was attached under a newer number is not meant. */
  revision: Type.Integer(),
  keys: Type.Array(Type.String()),
  proxies: Type.Array(Type.String()),
});

/** A refresh: these proxies may put the new entry over the tombstone that the round left. */
export const Refresh = Type.Object({
  key: Type.String(),
  round: Type.Integer(),
  proxies: Type.Array(Type.String()),
});

/** What was committed together. Published by the master after the sync. */
export const EventMessage = Type.Object({
  epoch: Type.Integer(),
  /** The revision up to which the message before this one told, so that a gap shows. */
  previous: Type.Integer(),
  commits: Type.Array(Commit),
  refreshes: Type.Array(Refresh),
});

/** Published by a proxy, and repeated on its renewals until the master has confirmed it. */
export const AckMessage = Type.Object({ epoch: Type.Integer(), proxyId: Type.String(), ack: Ack });

export type RoundMessage = Static<typeof RoundMessage>;
export type Refresh = Static<typeof Refresh>;
export type EventMessage = Static<typeof EventMessage>;
export type AckMessage = Static<typeof AckMessage>;

/** Reads messages of one schema; what is not one is undefined (the bus is shared with strangers). */
function reader<T extends TSchema>(schema: T): (text: string) => Static<T> | undefined {
  const validator = Compile(schema);
  return (text) => {
    let message: unknown;
    try {
      message = JSON.parse(text);
    } catch {
      return undefined;
    }
    return validator.Check(message) ? (message as Static<T>) : undefined;
  };
}

export const readRound = reader(RoundMessage);
export const readEvent = reader(EventMessage);
export const readAck = reader(AckMessage);
