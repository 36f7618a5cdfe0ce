/** RFC 9110 5.6.7, the one form that may be sent: `Sun, 06 Nov 1994 08:49:37 GMT`. */
const imfFixdate = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/** Ms since the Unix epoch of an HTTP date (`Date`, `Retry-After`); undefined when it is none. */
export function parseHttpDate(text: string | undefined): number | undefined {
  if (text === undefined || !imfFixdate.test(text)) return undefined;
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? undefined : atMs;
}
