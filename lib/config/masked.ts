import { inspect } from 'node:util';
import { maskSecret } from '../problem.ts';

/**
 * Marks strings of an object as secret: printed as JSON or through `inspect`, the object shows them masked. Its
 * properties are read as before. A spread copy is an ordinary object again.
 */
export function maskedWhenPrinted<Values extends object>(
  values: Values,
  names: readonly (keyof Values)[],
): Values {
  const shown = () =>
    Object.fromEntries(
      Object.entries(values).map(([name, value]) => [
        name,
        typeof value === 'string' && names.some((masked) => masked === name) ? maskSecret(value) : value,
      ]),
    );
  return Object.defineProperties(
    { ...values },
    { toJSON: { value: shown }, [inspect.custom]: { value: shown } },
  );
}
