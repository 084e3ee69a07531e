/** How scopes, rules and histories are written for people. */
export const scopeText = ({ proxies, keys, writes, leaseTicks }) =>
  [
    count(proxies, "proxy", "proxies"),
    count(keys, "key", "keys"),
    count(writes, "write", "writes"),
    `lease of ${count(leaseTicks, "tick", "ticks")}`,
  ].join(", ");

export const rulesText = ({ rules }) => rules.join(" and ");

/** The steps, numbered; the last line says which promise they break. */
export const historyText = (history) => {
  const steps = history.slice(0, -1).map((line, index) => `${String(index + 1).padStart(4)}  ${line}`);
  return [...steps, `      ${history.at(-1)}`].join("\n");
};

const count = (number, one, many) => `${number} ${number === 1 ? one : many}`;
