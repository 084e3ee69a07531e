/** The page's whole style: nothing is fetched. Two colours mean the two sides, everywhere; their pairs are told apart without colour vision. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #f7f6f3; --card: #ffffff; --ink: #1c2024; --quiet: #5d6670; --rule: #e3e1db; --grid: #ebe9e4;
  --direct: #c2410c; --proxied: #0f6b9e; --idle: #8a929b; --good: #17723f; --bad: #b42318;
  --direct-soft: #fbe6da; --proxied-soft: #dceef8;
}
@media (prefers-color-scheme: dark) { @media not print { :root {
  --paper: #14171a; --card: #1c2125; --ink: #eceef0; --quiet: #9aa4ae; --rule: #30373d; --grid: #2a3036;
  --direct: #ff8a4c; --proxied: #58b7ec; --idle: #7d8791; --good: #4cc38a; --bad: #ff7a6e;
  --direct-soft: #3a2518; --proxied-soft: #16303f;
} } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  font-variant-numeric: tabular-nums; }
main { max-width: 1180px; margin: 0 auto; padding: 40px 28px 56px; }
h1 { font-size: 34px; line-height: 1.15; letter-spacing: -0.02em; margin: 4px 0 8px; }
h2 { font-size: 19px; letter-spacing: -0.01em; margin: 44px 0 4px; }
h3 { font-size: 14px; margin: 0 0 2px; }
p { margin: 0 0 12px; max-width: 72ch; }
.lead { font-size: 17px; color: var(--quiet); }
.quiet, .unit { color: var(--quiet); }
.badge { display: inline-block; padding: 2px 12px; border-radius: 999px; font-size: 13px; font-weight: 600;
  border: 1px solid currentColor; }
.good { color: var(--good); } .bad { color: var(--bad); }
.tiles { display: grid; grid-template-columns: repeat(4, 1fr); gap: 14px; margin: 26px 0 0; padding: 0; list-style: none; }
.card, .tiles li { background: var(--card); border: 1px solid var(--rule); border-radius: 14px; padding: 18px 20px; }
.tiles b { display: block; font-size: 40px; line-height: 1.1; letter-spacing: -0.03em; color: var(--proxied); }
.tiles b small { font-size: 24px; font-weight: 600; margin-left: 2px; }
.tiles span { display: block; font-weight: 600; margin-top: 4px; }
.tiles em { display: block; font-style: normal; font-size: 13px; color: var(--quiet); }
.fans, .two { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); gap: 14px; }
.three { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 330px), 1fr)); gap: 14px; }
figure { margin: 0; background: var(--card); border: 1px solid var(--rule); border-radius: 14px; padding: 16px 18px; min-width: 0; }
figcaption { font-weight: 600; }
svg { display: block; width: 100%; height: auto; }
.fan { max-width: 460px; margin: 8px auto 0; }
svg text { font-family: inherit; fill: var(--ink); }
.tick { font-size: 12px; fill: var(--quiet) !important; }
.label { font-size: 12.5px; fill: var(--quiet) !important; }
.big { font-size: 21px; font-weight: 700; letter-spacing: -0.01em; }
.big.direct { fill: var(--direct); } .big.proxied { fill: var(--proxied); }
.grid { stroke: var(--grid); }
.line { fill: none; stroke-width: 2.2; stroke-linejoin: round; stroke-linecap: round; }
.line.direct, .flow.direct { stroke: var(--direct); } .line.proxied, .flow.proxied { stroke: var(--proxied); }
.line.idle { stroke: var(--idle); stroke-dasharray: 5 5; }
.dot.direct { fill: var(--direct); } .dot.proxied { fill: var(--proxied); } .dot.idle { fill: var(--idle); }
.flow { fill: none; stroke-linecap: butt; }
.thread { fill: none; stroke: var(--idle); opacity: 0.45; }
.client { fill: var(--quiet); } .proxy { fill: var(--proxied); } .master { fill: var(--ink); }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; list-style: none; margin: 4px 0 10px; padding: 0; font-size: 13px; color: var(--quiet); }
.swatch { display: inline-block; width: 18px; height: 0; border-top: 3px solid; margin-right: 7px; vertical-align: middle; }
.swatch.direct { border-color: var(--direct); } .swatch.proxied { border-color: var(--proxied); }
.swatch.idle { border-color: var(--idle); border-top-style: dashed; }
.narrow { display: none; }
.scroll { overflow-x: auto; }
.hint { display: none; margin: 0 0 8px; font-size: 13px; color: var(--quiet); }
.middle { display: flex; flex-direction: column; justify-content: center; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th, td { text-align: right; padding: 6px 10px; border-bottom: 1px solid var(--rule); white-space: nowrap; }
th { font-weight: 600; color: var(--quiet); font-size: 13px; }
th:first-child, td:first-child { text-align: left; padding-left: 0; position: sticky; left: 0; background: var(--card); }
tr:last-child td { border-bottom: 0; }
th.direct { color: var(--direct); } th.proxied { color: var(--proxied); }
.meter { display: flex; height: 26px; border-radius: 7px; overflow: hidden; background: var(--direct); margin: 10px 0 8px; }
.meter i { background: var(--proxied); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 5px 20px; margin: 0; font-size: 14px; }
dt { color: var(--quiet); } dd { margin: 0; overflow-wrap: anywhere; }
.failures { border-left: 4px solid var(--bad); }
.failures li { white-space: pre-wrap; overflow-wrap: anywhere; }
.stack > * + * { margin-top: 14px; }
footer { margin-top: 40px; font-size: 13px; color: var(--quiet); }
@media (max-width: 720px) {
  main { padding: 24px 14px 40px; } h1 { font-size: 27px; } .tiles { grid-template-columns: repeat(2, 1fr); gap: 10px; }
  .tiles li { padding: 14px; } .tiles b { font-size: 31px; } .tiles b small { font-size: 19px; }
  .wide { display: none; } .narrow { display: block; } figure, .card { padding: 14px; }
  dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: 8px; } th, td { padding: 6px 7px; }
  .hint { display: block; position: sticky; left: 0; } th:first-child, td:first-child { border-right: 1px solid var(--rule); white-space: normal; min-width: 104px; }
}
@media print {
  :root { --paper: #fff; --rule: #ccc; }
  @page { margin: 14mm; }
  body { font-size: 11px; -webkit-print-color-adjust: exact; print-color-adjust: exact; }
  .lead { font-size: 13px; } .legend, .badge, .tiles em, dl { font-size: 10.5px; } h3, th { font-size: 11px; } .badge { padding: 0 8px; }
  dl { grid-template-columns: max-content 1fr; gap: 2px 14px; } dd { margin: 0; }
  main { max-width: none; padding: 0; } h1 { font-size: 24px; } h2 { margin-top: 22px; break-after: avoid; }
  .tiles { grid-template-columns: repeat(4, 1fr); } .tiles b { font-size: 26px; } .tiles li, .card { padding: 10px 12px; }
  .fans, .two { grid-template-columns: 1fr 1fr; } .three { grid-template-columns: repeat(3, 1fr); } table { font-size: 10.5px; }
  .wide { display: block; } .narrow, .hint { display: none; } th, td { padding: 3px 6px; }
  figure, .card, .tiles li, tr { break-inside: avoid; } .fan { max-width: 300px; }
}
`;
