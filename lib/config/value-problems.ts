import { maskSecret, type Problem } from '../problem.ts';
import { assignment, showAddress, showPath, showValue, withoutCredentials } from './show.ts';
import { fileFormOf, type Variable } from './variable.ts';

/** A value that cannot be used; `what` completes the sentence "NAME …". */
export function invalid(variable: Variable, raw: string, what: string): Problem {
  const show = variable.secret ? maskSecret : variable.address ? showAddress : showValue;
  return {
    slug: 'invalid-value',
    message: `${variable.name} ${withoutCredentials(what)}.`,
    found: show(raw),
    expected: variable.expected,
    do: assignment(variable.name, variable.example),
  };
}

/** A variable that is needed and not set; `why` completes the sentence "NAME is not set…". */
export function missing(variable: Variable, why = ''): Problem {
  return {
    slug: 'missing-value',
    message: `${variable.name} is not set${why}.`,
    expected: variable.expected,
    do: assignment(variable.name, variable.example),
  };
}

/** A secret that is given twice. */
export const bothForms = (variable: Variable): Problem => ({
  slug: 'invalid-value',
  message: `${variable.name} and ${fileFormOf(variable)} are both set.`,
  expected: 'one of them',
  do: `unset ${variable.name}, or unset ${fileFormOf(variable)}`,
});

/** An ARN where its value should be: it came from a file, and nothing has looked it up. */
export const arnInFile = (variable: Variable): Problem => ({
  slug: 'secret-arn',
  message: `The file that ${fileFormOf(variable)} names holds an ARN, and ARNs are not looked up there.`,
  expected: `a file that holds ${variable.expected}`,
  do: `put the ARN into ${variable.name}`,
});

/** An ARN that was the text under an ARN. */
export const arnUnderArn = (variable: Variable): Problem => ({
  slug: 'secret-arn',
  message: `The ARN in ${variable.name} leads to a text that is an ARN itself, and that is not looked up.`,
  expected: `a secret or a parameter that holds ${variable.expected}`,
  do: `put the ARN that the secret holds into ${variable.name}`,
});

/** A file without the secret that it should hold. */
export const emptyFile = (variable: Variable, path: string): Problem => ({
  slug: 'missing-value',
  message: `The file that ${fileFormOf(variable)} names is empty.`,
  found: showPath(path),
  expected: `a file that holds ${variable.expected}`,
  do: `write the value into the file, or set ${variable.name}`,
});

/** A file that cannot be read; `name` is the variable that names it. */
export function unreadable(name: string, path: string, error: unknown): Problem {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'no code';
  return {
    slug: 'invalid-value',
    message: `${name} names a file that cannot be read (${code}).`,
    found: showPath(path),
    expected: 'the path of a file that this process may read',
    do: `${name}=/etc/prefect-exporter/…, and read permission for the user of this process`,
  };
}
