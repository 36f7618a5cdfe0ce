import { expect, test } from 'vitest';
import { openCommandLine } from './command-line.ts';

async function totals(environment: Record<string, string>): Promise<Readonly<Record<string, string>>> {
  const line = await openCommandLine();
  await line.run(['preview', '--series'], { environment });
  const rows = line.stdout().matchAll(/DETAIL=(\w+) +([\d ]*\d)$/gm);
  return Object.fromEntries([...rows].map(([, detail = '', total = '']) => [detail, total]));
}

test('ZERO_FILL=true fills with DETAIL=lean, too', async () => {
  const [filled, bare] = [
    await totals({ DETAIL: 'lean', ZERO_FILL: 'true' }),
    await totals({ DETAIL: 'lean' }),
  ];
  // Four deployments, no run: of each three states of open runs, four ends and the retries; three families.
  expect(Number(filled.lean) - Number(bare.lean)).toBe(4 * (3 + 4 + 1) + 3);
});

test('preview counts each DETAIL as it would be, whichever is set', async () => {
  expect(await totals({ DETAIL: 'lean' })).toEqual(await totals({ DETAIL: 'deployment' }));
});
