/** Why a value is refused, as a phrase that completes the sentence `<value> is …`. */
export class BadValue extends Error {
  override readonly name = "BadValue";
}

/** Turns what was typed into a value, or throws `BadValue`. */
export type Parse<T> = (text: string) => T;

const UNITS = { "": 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 } as const;

/** A whole number within bounds, both of which are allowed. */
export function wholeNumber(min: number, max: number): Parse<number> {
  return (text) => {
    const value = Number(text);
    if (!/^\d{1,15}$/.test(text) || value < min || value > max) {
      throw new BadValue(`not a whole number from ${min} to ${max}`);
    }
    return value;
  };
}

/** A TCP port; 0 takes any that is free. */
export const port: Parse<number> = (text) => {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) throw new BadValue("not a port (0 to 65535)");
  return Number(text);
};

/** A number of bytes: plain, or with KiB, MiB, GiB, or k, m, g for the same. */
export function byteSize(min: number): Parse<number> {
  return (text) => {
    const match = /^(\d{1,12})(?:([kmg])(?:ib)?)?$/i.exec(text);
    if (!match) throw new BadValue("not a size (write 64MiB, 64m or 67108864)");
    const bytes = Number(match[1]) * UNITS[(match[2] ?? "").toLowerCase() as keyof typeof UNITS];
    if (bytes < min || bytes > Number.MAX_SAFE_INTEGER) throw new BadValue(`not a size of at least ${min} bytes`);
    return bytes;
  };
}

/** One of a few words. */
export function oneOf<const W extends readonly string[]>(words: W): Parse<W[number]> {
  return (text) => {
    if (!words.includes(text)) throw new BadValue(`none of ${words.join(", ")}`);
    return text;
  };
}

/** Text that matches `pattern`; `description` completes `not …`. */
export function matching(pattern: RegExp, description: string): Parse<string> {
  return (text) => {
    if (!pattern.test(text)) throw new BadValue(`not ${description}`);
    return text;
  };
}

/** An origin such as `http://10.0.0.1:7101`, with nothing after the port. Given back without a closing slash. */
export const httpOrigin: Parse<string> = (text) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const bare = url?.pathname === "/" && !url.search && !url.hash && !url.username && !url.password;
  if (!url || !bare || !/^https?:$/.test(url.protocol)) {
    throw new BadValue("not of the form http://host:port, with nothing after the port");
  }
  return url.origin;
};

/** The address of a NATS server. No password in it: what is on a command line, every user of the machine can read. */
export const natsUrl: Parse<string> = (text) => {
  if (!/^(nats|tls):\/\/[^/@?#,\s]+\/?$/.test(text) || !URL.canParse(text)) {
    throw new BadValue("not of the form nats://host:port or tls://host:port, with nothing else in it");
  }
  return text;
};

/** Any text that is not empty. */
export const anyText: Parse<string> = matching(/./, "allowed to be empty");
