import { type Static, Type } from "typebox";
import { Failure } from "./failure.js";
import { Welcome } from "./hello.js";
import { KeptAlive, SessionClosed, SessionOpened } from "./sessions.js";
import { Status } from "./status.js";

/** What a gateway may say: to each request one of these, with the request's id. */
export const DownMessage = Type.Union([KeptAlive, Status, SessionOpened, SessionClosed, Welcome, Failure]);
export type DownMessage = Static<typeof DownMessage>;
