import { hash } from "node:crypto";
import { readSync, writeSync } from "node:fs";

/**
 * The file that holds the mark: one block of fixed length, overwritten in place. So noting a mark is one
 * system call, needs no room on a full disk, and is found again after the death of the process.
 */
const BYTES = 256;
const CHECKSUM_CHARS = 16;

/** Overwrites the mark. Throws when it does not fit or the disk fails. */
export function writeMark(file: number, mark: string): void {
  const block = Buffer.alloc(BYTES, " ");
  const text = `${checksum(mark)} ${mark}`;
  if (Buffer.byteLength(text) >= BYTES) throw new RangeError(`A mark has less than ${BYTES} bytes.`);
  block.write(text);
  block.write("\n", BYTES - 1);
  if (writeSync(file, block, 0, BYTES, 0) !== BYTES) throw new Error("ENOSPC: the mark was written in part only");
}

/** The mark, or undefined when there is none or it is damaged. */
export function readMark(file: number): string | undefined {
  const block = Buffer.alloc(BYTES);
  if (readSync(file, block, 0, BYTES, 0) !== BYTES) return undefined;
  const text = block.toString("utf8").trimEnd();
  const mark = text.slice(CHECKSUM_CHARS + 1);
  return text.slice(0, CHECKSUM_CHARS) === checksum(mark) ? mark : undefined;
}

function checksum(mark: string): string {
  return hash("sha256", mark, "hex").slice(0, CHECKSUM_CHARS);
}
