import { element, escaped, readable } from "../page/markup.js";
import { STYLE } from "../page/style.js";
import type { Frame, Origin } from "./cpu-profile.js";

const ROW_PX = 21;
/** Of all time. What is narrower cannot be seen, and is there ten thousand times. */
const SHARE_MIN = 0.0005;
/** Below this share of the page there is no room for a word. */
const LABEL_SHARE_MIN = 0.012;

const ORIGINS: Readonly<Record<Origin, string>> = {
  own: "Octofleet",
  dependency: "libraries",
  node: "Node.js",
  engine: "native code, system calls, garbage collection",
};

const FLAME_STYLE = `
:root { --own: #0f6b9e; --dependency: #8250a8; --node: #5c7a29; --engine: #8a5a17; }
@media (prefers-color-scheme: dark) { @media not print { :root { --own: #58b7ec; --dependency: #c9a0ea; --node: #a5cf62; --engine: #e3ad5c; } } }
main { max-width: none; } .key { display: inline-block; width: 12px; height: 12px; border-radius: 3px; margin-right: 7px; }
.flame { position: relative; background: var(--card); border: 1px solid var(--rule); border-radius: 10px; overflow: hidden; }
.flame b { position: absolute; height: ${ROW_PX - 1}px; overflow: hidden; white-space: nowrap; border-radius: 2px; cursor: pointer;
  font: 12px/${ROW_PX - 1}px system-ui, sans-serif; padding-left: 4px; color: var(--card); }
.flame b.tiny { padding: 0; font-size: 0; }
.flame b:hover { filter: brightness(1.2); } .flame b.out { display: none; } .flame b.faint { opacity: 0.25; }
.own { background: var(--own); } .dependency { background: var(--dependency); } .node { background: var(--node); } .engine { background: var(--engine); }
input { font: inherit; padding: 4px 10px; border: 1px solid var(--rule); border-radius: 8px; background: var(--card); color: inherit; }
`;

/** A click shows one call as wide as the page; what is typed lets what matches stand out. */
const SCRIPT = `
const frames = [...document.querySelectorAll(".flame b")].map((at) => ({ at, left: +at.dataset.left, width: +at.dataset.width, row: +at.dataset.row }));
const zoom = (to) => {
  for (const { at, left, width, row } of frames) {
    const isAbove = row < to.row && left <= to.left + 1e-9 && left + width >= to.left + to.width - 1e-9;
    const from = isAbove ? 0 : (left - to.left) / to.width, share = isAbove ? 1 : width / to.width;
    at.classList.toggle("out", from < -1e-9 || from + share > 1 + 1e-9);
    at.classList.toggle("tiny", share < ${LABEL_SHARE_MIN});
    at.style.left = 100 * from + "%"; at.style.width = "calc(" + 100 * share + "% - 1px)";
  }
};
for (const frame of frames) frame.at.addEventListener("click", () => zoom(frame));
document.querySelector("input").addEventListener("input", ({ target: { value } }) => {
  const wanted = value.toLowerCase();
  for (const { at } of frames) at.classList.toggle("faint", wanted !== "" && !at.title.toLowerCase().includes(wanted));
});
`;

/** A flame graph that needs nothing but itself: no network, and without a script it only cannot be zoomed. */
export function flamePage(tree: Frame, title: string, about: string): string {
  const rows = depthOf(tree, tree.totalMicroseconds);
  const legend = Object.entries(ORIGINS).map(
    ([origin, name]) => `<li><i class="key ${origin}"></i>${escaped(name)}</li>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>${escaped(title)}</title>
<style>${STYLE}${FLAME_STYLE}</style>
</head>
<body><main>
<h1>${escaped(title)}</h1>
<p class="lead">${escaped(about)}</p>
<ul class="legend">${legend.join("")}<li><input type="search" placeholder="find a function or file" aria-label="find"></li></ul>
<div class="flame" style="height:${rows * ROW_PX}px">${framesOf(tree).join("")}</div>
<p class="quiet">As wide as its share of the time at work, the longest first at each caller. Click one to see it as wide as the page, "all" to go back.</p>
</main><script>${SCRIPT}</script></body>
</html>
`;
}

function framesOf(tree: Frame): string[] {
  const all = tree.totalMicroseconds;
  const found: string[] = [];
  const draw = (frame: Frame, left: number, row: number): void => {
    const width = frame.totalMicroseconds / all;
    if (width < SHARE_MIN) return;
    found.push(box(frame, { left, width, row }));
    let at = left;
    for (const callee of frame.callees) {
      draw(callee, at, row + 1);
      at += callee.totalMicroseconds / all;
    }
  };
  draw(tree, 0, 0);
  return found;
}

function box(frame: Frame, { left, width, row }: { left: number; width: number; row: number }): string {
  const { name, where, origin, selfMicroseconds, totalMicroseconds } = frame;
  const share = (microseconds: number): string => `${readable((100 * microseconds * width) / totalMicroseconds)} %`;
  const tiny = width < LABEL_SHARE_MIN ? " tiny" : "";
  return element(
    "b",
    {
      class: `${origin}${tiny}`,
      style: `left:${percent(left)};width:calc(${percent(width)} - 1px);top:${row * ROW_PX}px`,
      title: `${name}  ${where}\n${share(totalMicroseconds)}, itself ${share(selfMicroseconds)}`,
      "data-left": left.toFixed(6),
      "data-width": width.toFixed(6),
      "data-row": String(row),
    },
    escaped(name),
  );
}

const percent = (share: number): string => `${(100 * share).toFixed(4)}%`;

function depthOf(frame: Frame, all: number): number {
  const seen = frame.callees.filter(({ totalMicroseconds }) => totalMicroseconds / all >= SHARE_MIN);
  return 1 + Math.max(0, ...seen.map((callee) => depthOf(callee, all)));
}
