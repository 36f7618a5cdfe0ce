/**
 * Whether EventBridge Scheduler knows it: a name of the IANA database, in exactly these letters. Node takes others too,
 * offsets for instance, and knows the names that it would not use itself only by their canonical form.
 */
export function isTimeZone(name: string): boolean {
  const canonical = canonicalOf(name);
  if (canonical === undefined || !/^[A-Z]/.test(name)) return false;
  const known = [...Intl.supportedValuesOf('timeZone'), canonical];
  const same = known.find((one) => one.toLowerCase() === name.toLowerCase());
  return same === undefined ? looksLikeOne.test(name) : same === name;
}

/** Such as Asia/Kolkata, GB-Eire, Etc/GMT+5: parts begin with a capital letter, and those of regions go on small. */
const looksLikeOne = /^(?:[A-Z][A-Za-z0-9+-]*|[A-Z][A-Za-z]*(?:\/(?!.*[A-Z]{4})[A-Z][A-Za-z0-9_+-]*)+)$/;

function canonicalOf(name: string): string | undefined {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}
