/**
 * CRC-32C, reflected (RFC 3720, appendix B.4): the checksum of LevelDB's blocks. Eight bytes at a time, since a start
 * goes through the whole journal with it (the tables are Intel's "slicing by 8").
 */
const TABLES = tables();

function tables(): Uint32Array[] {
  const first = Uint32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
    return crc;
  });
  const all = [first];
  while (all.length < 8) {
    all.push((all.at(-1) as Uint32Array).map((crc) => (crc >>> 8) ^ (first[crc & 0xff] as number)));
  }
  return all;
}

const [T0, T1, T2, T3, T4, T5, T6, T7] = TABLES as [
  ...[Uint32Array, Uint32Array, Uint32Array, Uint32Array],
  ...[Uint32Array, Uint32Array, Uint32Array, Uint32Array],
];

/** All reads below are within the arrays; a check for each would cost more than the rest. */
export function crc32c(bytes: Uint8Array): number {
  const at = (index: number): number => bytes[index] as number;
  let crc = 0xffffffff;
  let from = 0;
  for (; from + 8 <= bytes.length; from += 8) {
    crc ^= at(from) | (at(from + 1) << 8) | (at(from + 2) << 16) | (at(from + 3) << 24);
    crc =
      (T7[crc & 0xff] as number) ^
      (T6[(crc >>> 8) & 0xff] as number) ^
      (T5[(crc >>> 16) & 0xff] as number) ^
      (T4[crc >>> 24] as number) ^
      (T3[at(from + 4)] as number) ^
      (T2[at(from + 5)] as number) ^
      (T1[at(from + 6)] as number) ^
      (T0[at(from + 7)] as number);
  }
  for (; from < bytes.length; from++) crc = (crc >>> 8) ^ (T0[(crc ^ at(from)) & 0xff] as number);
  return (crc ^ 0xffffffff) >>> 0;
}
