import type { Environment } from '../config/raw-values.ts';
import { fileFormOf, type Variable } from '../config/variable.ts';
import { variables } from '../config/variables.ts';

export const isSet = (value: string | undefined): value is string =>
  value !== undefined && value.trim() !== '';

/** Empty is unset: what the secret has holds then. */
export const withoutEmpty = (environment: Environment): Environment =>
  Object.fromEntries(Object.entries(environment).filter(([, value]) => isSet(value)));

/** What the secret has and the environment has not, and the names of what both have. */
export function besides(environment: Environment, values: Readonly<Record<string, string>>) {
  const names = new Set(Object.entries(environment).flatMap(([name, value]) => (isSet(value) ? [name] : [])));
  const isBeside = (name: string): boolean =>
    formsOf(name).some((form) => names.has(form)) || (names.has(name.toLowerCase()) && isProxy(name));
  const both = Object.keys(values).filter(isBeside);
  const own = Object.fromEntries(Object.entries(values).filter(([name]) => !both.includes(name)));
  return { own, both };
}

const isProxy = (name: string): boolean =>
  variables.some((variable) => variable.name === name && variable.lowerCaseToo === true);

/** A secret variable and the one that names a file with its value are two forms of one. */
function formsOf(name: string): readonly string[] {
  const forms = (variable: Variable): string[] => [variable.name, fileFormOf(variable)];
  return (
    variables
      .filter(({ secret }) => secret)
      .map(forms)
      .find((both) => both.includes(name)) ?? [name]
  );
}
