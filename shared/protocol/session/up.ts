import { type Static, Type } from "typebox";
import { Hello } from "./hello.js";
import { CloseSession, KeepAlive, OpenSession } from "./sessions.js";
import { GetStatus } from "./status.js";

/** What a client may say. Fields that are not named here are ignored. The most frequent stand first. */
export const UpMessage = Type.Union([KeepAlive, GetStatus, OpenSession, CloseSession, Hello]);
export type UpMessage = Static<typeof UpMessage>;
