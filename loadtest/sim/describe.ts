import type { TraceLine } from "../check/records.js";
import type { Fault } from "./plan.js";

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

/** A fault as a sentence. */
export function describeFault(fault: Fault): string {
  switch (fault.kind) {
    case "pause":
      return `${fault.who} is paused for ${seconds(fault.forMs)}`;
    case "suspend":
      return `the machine of ${fault.who} sleeps for ${seconds(fault.forMs)}`;
    case "crash":
      return `${fault.who}${fault.machine ? "'s machine loses its power" : " is killed"}, and started again after ${fault.downMs} ms`;
    case "restore":
      return `the master is killed, and started on a copy of its journal after ${fault.downMs} ms`;
    case "stop":
      return `${fault.who} is asked to stop, and started again ${fault.downMs} ms after it did`;
    case "cutBus":
      return `${fault.who} is cut off from the bus (${fault.direction}) for ${seconds(fault.forMs)}, and does not know it`;
    case "stallBus":
      return `the connection of ${fault.who} to the bus (${fault.direction}) stalls for ${seconds(fault.forMs)}, and then delivers all`;
    case "busDown":
      return `the bus is down for ${seconds(fault.forMs)}`;
    case "noisyBus":
      return `the bus delays up to ${fault.delayMs} ms, reorders, duplicates and loses (${fault.lossRatio}) for ${seconds(fault.forMs)}`;
    case "cutLink":
      return `the link of ${fault.who} loses ${fault.direction === "both" ? "everything" : `all ${fault.direction}`} for ${seconds(fault.forMs)}`;
    case "slowLink":
      return `${fault.call} calls of ${fault.who} take up to ${fault.delayMs} ms each way for ${seconds(fault.forMs)}`;
    case "stallLink":
      return `the ${fault.where} of ${fault.call} calls of ${fault.who} stand still for ${seconds(fault.forMs)}, and then arrive`;
    case "lossyLink":
      return `${fault.call} calls of ${fault.who} are lost (${fault.ratio}) ${fault.where} they take effect, for ${seconds(fault.forMs)}`;
    case "stallSockets":
      return `the sockets of ${fault.who} (${fault.direction}) stall for ${seconds(fault.forMs)}, and are ${fault.after} afterwards`;
    case "breakSockets":
      return `the sockets of ${fault.who} are reset`;
    case "stepWall":
      return `the wall clock of ${fault.who} is moved by ${fault.byMs} ms`;
    case "diskFull":
      return `the disk is full for ${seconds(fault.forMs)}`;
  }
}

/** What happened, a line each: when (in ms), who, what. */
export function traceText(trace: readonly TraceLine[]): string {
  const who = Math.max(...trace.map((line) => line.who.length));
  return trace.map((line) => `${line.atMs.toFixed(3).padStart(12)}  ${line.who.padEnd(who)}  ${line.what}`).join("\n");
}
