import { type Static, Type } from "typebox";
import { Hello } from "./hello.js";
import { Acquire, CancelAcquire, Release, SetMetadata } from "./locks.js";
import { CloseSession, KeepAlive, OpenSession, ResumeSession } from "./sessions.js";
import { GetStatus } from "./status.js";
import { Unwatch, Watch } from "./watches.js";

/** What a client may say. Fields that are not named here are ignored. The most frequent stand first. */
export const UpMessage = Type.Union([
  KeepAlive,
  GetStatus,
  Acquire,
  Release,
  SetMetadata,
  CancelAcquire,
  OpenSession,
  ResumeSession,
  CloseSession,
  Watch,
  Unwatch,
  Hello,
]);
export type UpMessage = Static<typeof UpMessage>;
