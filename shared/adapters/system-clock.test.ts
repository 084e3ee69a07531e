import { clockContract } from "../contracts/clock.contract.js";
import { systemClock } from "./system-clock.js";

clockContract("the system's", () => ({
  clock: systemClock,
  pass: (durationMs) => new Promise((resolve) => void setTimeout(resolve, durationMs + 5)),
}));
