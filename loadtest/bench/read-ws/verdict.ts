import { tableOf } from "../../report/table.js";
import { flawsOf, type Medians, mediansOf, mediansRow } from "../shots/medians.js";
import type { Round } from "../shots/rounds.js";

/** The same proxy over WebSocket and over HTTP, and a bare server. */
export type WsRound = Round<"webSocket" | "floor" | "http">;

export interface WsVerdict {
  readonly webSocket: Medians;
  readonly floor: Medians;
  readonly http: Medians;
  /** CPU time per read, HTTP / WebSocket: what the bar is about. */
  readonly cpuRatio: number;
  /** CPU time per read, floor / WebSocket. */
  readonly floorRatio: number;
  /** Why the run is void, if it is. */
  readonly flaws: readonly string[];
}

export function wsVerdictOf(rounds: readonly WsRound[]): WsVerdict {
  const { webSocket, floor, http } = mediansOf(rounds);
  return {
    ...{ webSocket, floor, http },
    cpuRatio: http.cpuMicroseconds / webSocket.cpuMicroseconds,
    floorRatio: floor.cpuMicroseconds / webSocket.cpuMicroseconds,
    flaws: flawsOf(rounds),
  };
}

/** Whether a run measured what it should, and reached the bar. */
export const wsPasses = ({ flaws, cpuRatio }: WsVerdict, bar: number): boolean => flaws.length === 0 && cpuRatio >= bar;

/** A verdict as people read it. */
export function wsVerdictText(verdict: WsVerdict, bar: number): string {
  const { webSocket, floor, http, cpuRatio, floorRatio, flaws } = verdict;
  const passed = wsPasses(verdict, bar) ? "reached" : "MISSED";
  return [
    tableOf(
      ["medians", "CPU µs/read", "reads/s", "p50 ms", "p99 ms"],
      [
        mediansRow("floor: a bare ws server", floor),
        mediansRow("proxy, WebSocket", webSocket),
        mediansRow("proxy, HTTP", http),
      ],
    ),
    `Over a WebSocket it runs at ${floorRatio.toFixed(2)} of the floor.`,
    ...flaws.map((flaw) => `VOID  ${flaw}`),
    flaws.length > 0
      ? "The run is void: it did not measure cached reads."
      : `By CPU time a WebSocket carries ${cpuRatio.toFixed(2)} times the reads of HTTP; the bar, ${bar.toFixed(2)}, is ${passed}.`,
  ].join("\n");
}
