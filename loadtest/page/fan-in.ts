import type { Report, Side } from "../report/schema.js";
import { element, escaped, readable } from "./markup.js";

const WIDTH = 340;
const HEIGHT = 300;
const CLIENTS_Y = 34;
const PROXIES_Y = 150;
const MASTER_Y = 252;
const DOTS_MAX = 40;
const WIDEST = 16;

interface Point {
  readonly x: number;
  readonly y: number;
}

/**
 * Who talks to the master, side by side: at the top the clients, at the bottom the master, between them nobody or the
 * proxies. What flows into the master is as wide as its requests a second are many, to one scale in both pictures.
 */
export function fanIn(report: Report): string {
  const { direct, proxied, clients, proxies } = report;
  const most = Math.max(direct.masterRequestsPerS, proxied.masterRequestsPerS);
  return element(
    "div",
    { class: "fans" },
    picture("direct", "Directly at the master", direct, clients, [], most) +
      picture(
        "proxied",
        `Through ${proxies} ${proxies === 1 ? "proxy" : "proxies"}`,
        proxied,
        clients,
        row(proxies, PROXIES_Y),
        most,
      ),
  );
}

function picture(
  of: "direct" | "proxied",
  title: string,
  side: Side,
  clients: number,
  proxies: readonly Point[],
  mostPerS: number,
): string {
  const dots = row(Math.min(clients, DOTS_MAX), CLIENTS_Y);
  const master = { x: WIDTH / 2, y: MASTER_Y };
  const doors = proxies.length > 0 ? proxies : [master];
  const threads = dots.map((dot, at) => curve(dot, doorOf(doors, dots.length, at), "thread", 1));
  const width = (perS: number): number => Math.max(1, (WIDEST * perS) / Math.max(mostPerS, Number.MIN_VALUE));
  const flows =
    proxies.length > 0
      ? proxies.map((proxy) => curve(proxy, master, `flow ${of}`, width(side.masterRequestsPerS / proxies.length)))
      : [
          element("path", {
            class: `flow ${of}`,
            "stroke-width": width(side.masterRequestsPerS),
            d: `M${WIDTH / 2} 196V${MASTER_Y}`,
          }),
        ];
  const text = (y: number, x: number, words: string, kind = "label", anchor = "middle") =>
    element("text", { class: kind, x, y, "text-anchor": anchor }, escaped(words));
  const drawing = [
    ...threads,
    ...flows,
    ...dots.map(({ x, y }) => element("circle", { class: "client", cx: x, cy: y, r: dots.length > 20 ? 3 : 4 })),
    ...proxies.map(({ x, y }) => element("rect", { class: "proxy", x: x - 9, y: y - 9, width: 18, height: 18, rx: 5 })),
    element("circle", { class: "master", cx: master.x, cy: master.y, r: 15 }),
    text(16, WIDTH / 2, `${readable(clients)} clients, ${readable(side.clientOpsPerS)} operations a second`),
    ...(proxies.length > 0 ? [text(PROXIES_Y + 5, WIDTH - 4, "proxies", "tick", "end")] : []),
    text(MASTER_Y + 5, master.x + 26, "master", "tick", "start"),
    text(HEIGHT - 8, WIDTH / 2, `${readable(side.masterRequestsPerS)} requests a second`, `big ${of}`),
  ];
  const label = `${title}: ${readable(side.masterRequestsPerS)} requests a second at the master`;
  const frame = { class: "fan", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": label };
  return element("figure", {}, element("figcaption", {}, escaped(title)) + element("svg", frame, drawing.join("")));
}

const MARGIN = 24;

function row(count: number, y: number): Point[] {
  const room = WIDTH - 2 * MARGIN;
  const spread = count > 12 ? room : room * 0.7;
  const step = count === 1 ? 0 : spread / (count - 1);
  return Array.from({ length: count }, (_, at) => ({ x: WIDTH / 2 - (step * (count - 1)) / 2 + at * step, y }));
}

const doorOf = (doors: readonly Point[], dots: number, at: number): Point =>
  doors[Math.floor((at * doors.length) / dots)] as Point;

function curve(from: Point, to: Point, kind: string, width: number): string {
  const middle = (from.y + to.y) / 2;
  const d = `M${from.x.toFixed(1)} ${from.y}C${from.x.toFixed(1)} ${middle} ${to.x.toFixed(1)} ${middle} ${to.x.toFixed(1)} ${to.y}`;
  return element("path", { class: kind, "stroke-width": width, d });
}
