/** Where the WebSocket door is, and the subprotocol that it speaks (RFC 6455, section 1.9). */
export const SESSION_PATH = "/v1/session";
export const SESSION_SUBPROTOCOL = "octofleet.v1";

/**
 * Every version of the messages, oldest first. Within one subprotocol a version only adds: fields that may be
 * left out, and messages that an older peer never asks for. A test compares the last hash with the schemas.
 */
export const SESSION_VERSIONS: readonly SessionVersion[] = [
  {
    version: 1,
    sha256: "7a7da51f3447a435e28a2eb55386180977b93130204c112b97e15d1cb829ad7d",
    what: "hello, sessions that hold nothing, status",
  },
  {
    version: 2,
    sha256: "f3185296698e31bbcaad370a4ce2400ffa222f0ad2cfd6608ffb8b79cd582809",
    what: "resume, ephemeral locks, waiting acquires, watches, go-away",
  },
];

interface SessionVersion {
  readonly version: number;
  /** Of the JSON of the schemas [UpMessage, DownMessage]. */
  readonly sha256: string;
  readonly what: string;
}

export const SESSION_VERSION = SESSION_VERSIONS.length;
