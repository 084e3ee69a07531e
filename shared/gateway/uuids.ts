const hyphenated = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}";
/** Any of the usual ways to write a UUID: with hyphens, 32 digits, in braces, as a URN (RFC 9562, section 4). */
const uuid = new RegExp(`^(?:${hyphenated}|[0-9a-fA-F]{32}|\\{${hyphenated}\\}|urn:uuid:${hyphenated})$`);

export const isUuid = (text: string): boolean => uuid.test(text);

/** The 32 digits of a UUID in any form, in lower case: how the cell names a session. */
export const uuidDigits = (uuid: string): string =>
  uuid
    .replace("urn:uuid:", "")
    .replace(/[^0-9a-fA-F]/g, "")
    .toLowerCase();

const usual = new RegExp(`^${hyphenated.replaceAll("A-F", "")}$`);

/** A UUID in its usual form: lower case, with hyphens. As a rule it has it already. */
export const normalUuid = (uuid: string): string =>
  usual.test(uuid) ? uuid : uuidDigits(uuid).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
