/** What a client does, in the words of Chubby's paper where it has one. */
export const KINDS = [
  "KeepAlive",
  "GetStat",
  "Open",
  "CreateSession",
  "GetContentsAndStat",
  "SetContents",
  "Acquire",
  "FailOver",
  "Notice",
  "Elect",
] as const;
export type Kind = (typeof KINDS)[number];

/** How each is made here, for those who read a report. */
export const KINDS_EXPLAINED: Readonly<Record<Kind, string>> = {
  KeepAlive:
    "a KeepAlive on the client's WebSocket session; never the renewal of a TTL lock, which is a journaled write",
  GetStat: "a status on the same socket",
  Open: "GET /locks/{name}, the look-up of a name",
  CreateSession: "a new socket with a new session, and the client's old one closed",
  GetContentsAndStat: "GET /locks/{name} of a lock that is held",
  SetContents: "PUT /locks/{name}/metadata by the holder",
  Acquire: "POST /locks/{name}/acquire of a lock of its own, then its release",
  FailOver: "a primary's lock released, and acquired by the next primary with its address",
  Notice: "from the start of a fail-over to the client's watch being told of the new primary",
  Elect: "an acquire that waits for its turn on a contended lock, and its release as soon as it is granted",
};
