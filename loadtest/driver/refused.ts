/** An operation that was not answered as it should be; `code` is the cell's word for why, or ours where it said none. */
export class Refused extends Error {
  override readonly name = "Refused";
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}
