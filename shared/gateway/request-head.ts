import type { IncomingMessage } from "node:http";

/**
 * The head of a request as nearly everybody writes it, a character for each byte.
 * @param leftOut the name of a header that is not to be in it, in lower case
 */
export function requestHead({ method, url, httpVersion, rawHeaders }: IncomingMessage, leftOut?: string): string {
  let head = `${method} ${url} HTTP/${httpVersion}\r\n`;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string;
    if (name.toLowerCase() !== leftOut) head += `${name}: ${rawHeaders[at + 1]}\r\n`;
  }
  return `${head}\r\n`;
}
