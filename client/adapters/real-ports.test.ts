import { clockContract } from "../../shared/contracts/clock.contract.js";
import { randomContract } from "../../shared/contracts/random.contract.js";
import { realClock } from "./clock.js";
import { realRandom } from "./random.js";

const pass = (durationMs: number) => new Promise<void>((resolve) => void setTimeout(resolve, durationMs + 5));
const afterTurn = (fn: () => void) => void setImmediate(fn);

clockContract("the client's", () => ({ clock: { ...realClock, afterTurn }, pass }));
randomContract("the client's", () => ({ ...realRandom, uuid: () => crypto.randomUUID() }));
