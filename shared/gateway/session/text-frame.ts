/** A text's UTF-8, as a text with a character for each byte: what it is already, if it is ASCII. */
export const latin1Of = (text: string): string =>
  Buffer.byteLength(text) === text.length ? text : Buffer.from(text).toString("latin1");

const FINAL_TEXT = "\x81";
const TWO_BYTES = "\x7e";
const EIGHT_BYTES = "\x7f\0\0\0\0";

const byte = (value: number, at: number): string => String.fromCharCode((value >>> (8 * at)) & 0xff);

/** A whole text message as a server frames it (RFC 6455, section 5.2): unmasked; payload and frame with a character for each byte. */
export function textFrame(payload: string): string {
  const { length } = payload;
  if (length < 126) return FINAL_TEXT + byte(length, 0) + payload;
  if (length < 65_536) return FINAL_TEXT + TWO_BYTES + byte(length, 1) + byte(length, 0) + payload;
  const bytes = byte(length, 3) + byte(length, 2) + byte(length, 1) + byte(length, 0);
  return FINAL_TEXT + EIGHT_BYTES + bytes + payload;
}
