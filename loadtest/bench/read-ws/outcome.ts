import type { Outcome } from "../outcome.js";
import { type WsVerdict, wsVerdictText } from "./verdict.js";

export function readWsOutcome(verdict: WsVerdict, bar: number): Outcome {
  const { webSocket, floor, http, cpuRatio, flaws } = verdict;
  return {
    text: wsVerdictText(verdict, bar),
    bars: [{ what: "cached read over a WebSocket, by CPU, beside HTTP", measured: cpuRatio, atLeast: bar }],
    charts: [
      {
        ...{ title: "CPU of one cached read, by door", note: "Of the proxy. Less is better.", unit: "µs" },
        rows: [
          { name: "proxy, WebSocket, many at a time", of: "ours", value: webSocket.cpuMicroseconds },
          { name: "floor: a bare ws server", of: "floor", value: floor.cpuMicroseconds },
          { name: "proxy, HTTP", of: "ours", value: http.cpuMicroseconds },
        ],
      },
    ],
    flaws,
  };
}
