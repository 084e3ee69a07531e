import { element, escaped, readable } from "../../page/markup.js";

/** Some figures of one kind, one below the other. */
export interface BarChart {
  readonly title: string;
  /** What is better, and what the figures are. */
  readonly note: string;
  readonly unit: string;
  readonly rows: readonly BarChartRow[];
}

export interface BarChartRow {
  readonly name: string;
  /** Decides its colour: a peer is another program that people could run instead. */
  readonly of: "ours" | "peer" | "floor";
  readonly value: number;
}

/** Their colours in the style of the load test's page. */
const CLASSES = { ours: "proxied", peer: "direct", floor: "idle" } as const;

const ROW = 46;
const BAR = 14;
const NAME_Y = 13;
const BAR_Y = 20;
const ROOM_FOR_FIGURE = 110;

/** A chart for wide pages and one for narrow ones, where letters must not shrink with the width; the style shows one. */
export const barChart = (chart: BarChart): string =>
  element(
    "figure",
    {},
    element("figcaption", {}, escaped(chart.title)) +
      element("p", { class: "quiet" }, escaped(chart.note)) +
      element("div", { class: "wide" }, drawn(chart, 560)) +
      element("div", { class: "narrow", "aria-hidden": "true" }, drawn(chart, 320)),
  );

function drawn({ title, unit, rows }: BarChart, width: number): string {
  const most = Math.max(...rows.map(({ value }) => value), Number.MIN_VALUE);
  const bars = rows.map(({ name, of, value }, at) => {
    const top = at * ROW;
    const length = Math.max(2, ((width - ROOM_FOR_FIGURE) * value) / most);
    return (
      element("text", { class: "label", x: 0, y: top + NAME_Y }, escaped(name)) +
      element("rect", { class: `bar ${CLASSES[of]}`, x: 0, y: top + BAR_Y, width: length, height: BAR, rx: 3 }) +
      element(
        "text",
        { class: "figure", x: length + 8, y: top + BAR_Y + BAR - 2 },
        `${readable(value)} ${escaped(unit)}`,
      )
    );
  });
  const label = `${title}: ${rows.map(({ name, value }) => `${name} ${readable(value)} ${unit}`).join("; ")}`;
  const frame = { class: "chart", viewBox: `0 0 ${width} ${rows.length * ROW}`, role: "img", "aria-label": label };
  return element("svg", frame, bars.join(""));
}
