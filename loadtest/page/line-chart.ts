import { element, escaped, readable } from "./markup.js";
import { linear, linearTo, logarithmic, logarithmicBetween, type Scale } from "./scale.js";

export interface Line {
  readonly name: string;
  /** Decides its colour: `direct`, `proxied`, `idle`. */
  readonly of: string;
  readonly points: readonly (readonly [number, number])[];
}

export interface LineChart {
  readonly title: string;
  readonly lines: readonly Line[];
  readonly x: Axis;
  readonly y: Axis;
}

export interface Axis {
  readonly label: string;
  readonly logarithmic?: boolean;
  /** Whether it ends where the values do, rather than at a round number. */
  readonly isTight?: boolean;
  /** Places that are told, with what they are called. */
  readonly ticks?: readonly (readonly [number, string])[];
}

interface Size {
  readonly width: number;
  readonly height: number;
}

const LEFT = 52;
const RIGHT = 14;
const TOP = 12;
const BOTTOM = 40;
/** Few points are what was measured; a line through many is enough. */
const DOTS_MAX = 5;

/** A chart for wide pages and one for narrow ones, where letters must not shrink with the width; the style shows one. */
export function lineChart(chart: LineChart, wide: Size = { width: 560, height: 260 }): string {
  const narrow = { width: 340, height: 230 };
  return `<div class="wide">${drawn(chart, wide)}</div><div class="narrow" aria-hidden="true">${drawn(chart, narrow)}</div>`;
}

function drawn({ title, lines, x, y }: LineChart, { width, height }: Size): string {
  const points = lines.flatMap((line) => line.points);
  if (points.length === 0) return '<p class="quiet">Too short to draw.</p>';
  const across = scaleOf(
    x,
    points.map(([value]) => value),
    LEFT,
    width - RIGHT,
  );
  const up = scaleOf(
    y,
    points.map(([, value]) => value),
    height - BOTTOM,
    TOP,
  );
  const grid = ticksOf(y, up).map(([value, name]) => {
    const at = up.at(value);
    return (
      element("line", { class: "grid", x1: LEFT, x2: width - RIGHT, y1: at, y2: at }) +
      element("text", { class: "tick", x: LEFT - 8, y: at + 4, "text-anchor": "end" }, escaped(name))
    );
  });
  const names = ticksOf(x, across).map(([value, name]) => {
    // One at the right edge would be cut off if it stood in the middle.
    const isLast = across.at(value) > width - RIGHT - 1;
    const where = isLast ? { x: width - 1, "text-anchor": "end" } : { x: across.at(value), "text-anchor": "middle" };
    return element("text", { class: "tick", y: height - BOTTOM + 18, ...where }, escaped(name));
  });
  const paths = lines.map(({ of, points: each, name }) => {
    const d = each.map(([a, b], at) => `${at === 0 ? "M" : "L"}${place(across.at(a))} ${place(up.at(b))}`).join("");
    const dots = each.length <= DOTS_MAX ? each.map((point) => element("circle", dot(across, up, point, of))) : [];
    return element("path", { class: `line ${of}`, d }, element("title", {}, escaped(name))) + dots.join("");
  });
  const label = element(
    "text",
    { class: "label", x: (LEFT + width - RIGHT) / 2, y: height - 4, "text-anchor": "middle" },
    escaped(x.label),
  );
  const frame = { class: "chart", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": title };
  return element("svg", frame, [...grid, ...names, label, ...paths].join(""));
}

const place = (value: number): string => value.toFixed(1);

const dot = (across: Scale, up: Scale, [a, b]: readonly [number, number], of: string) => ({
  ...{ class: `dot ${of}`, r: 3.5 },
  ...{ cx: across.at(a), cy: up.at(b) },
});

function scaleOf(axis: Axis, values: readonly number[], from: number, to: number): Scale {
  const max = Math.max(...values);
  if (axis.logarithmic !== true) return (axis.isTight ? linearTo : linear)(max, from, to);
  const positive = values.filter((value) => value > 0);
  if (positive.length === 0) return linear(max, from, to);
  return (axis.isTight ? logarithmicBetween : logarithmic)(Math.min(...positive), max, from, to);
}

const ticksOf = (axis: Axis, scale: Scale): readonly (readonly [number, string])[] =>
  axis.ticks ?? scale.ticks.map((value) => [value, readable(value)] as const);

/** What the colours mean. */
export function legend(lines: readonly Pick<Line, "name" | "of">[]): string {
  const items = lines.map(({ name, of }) =>
    element("li", {}, element("span", { class: `swatch ${of}` }) + escaped(name)),
  );
  return element("ul", { class: "legend" }, items.join(""));
}
