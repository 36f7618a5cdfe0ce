import type { Complaint } from './error.ts';
import { longest, type Text } from './text.ts';

/** Names and values together: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const limitBytes = 4_096;

/** Lambda refuses a larger environment, but only after everything else was made. */
export function checkSize(
  variables: Readonly<Record<string, Text>>,
  complain: (complaint: Complaint) => void,
): void {
  const sizes = Object.entries(variables).map(([name, value]) => ({
    name,
    bytes: Buffer.byteLength(name) + Buffer.byteLength(longest(value)),
  }));
  const bytes = sizes.reduce((sum, one) => sum + one.bytes, 0);
  if (bytes <= limitBytes) return;
  const [largest] = sizes.toSorted((a, b) => b.bytes - a.bytes);
  complain({
    path: 'environment',
    what: `makes more variables than Lambda takes for a function (${largest?.name} alone has ${largest?.bytes} bytes)`,
    found: `${bytes} bytes`,
    expected: `at most ${limitBytes} bytes, names and values together`,
    do: 'move variables into the secrets, those that all workspaces share into environment of the stage, or make two stages',
  });
}
