const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Text as HTML and SVG show it, in an attribute too. */
export const escaped = (text: string): string => text.replace(/[&<>"]/g, (found) => ESCAPES[found] as string);

type Attributes = Readonly<Record<string, string | number | undefined>>;

/** An element. `inside` is markup already. */
export function element(name: string, attributes: Attributes, inside = ""): string {
  const words = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${escaped(typeof value === "number" ? short(value) : (value as string))}"`);
  return `<${name}${words.join("")}>${inside}</${name}>`;
}

/** A coordinate needs no more than a tenth. */
const short = (value: number): string => String(Math.round(value * 10) / 10);

/** A number for people: three digits that matter. */
export function readable(value: number): string {
  if (value === 0) return "0";
  const size = Math.abs(value);
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : Math.min(4, 2 - Math.floor(Math.log10(size)));
  return value.toLocaleString("en", { maximumFractionDigits: Number.isInteger(value) ? 0 : digits });
}
