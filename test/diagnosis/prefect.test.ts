import { expect, test } from 'vitest';
import { diagnosePrefect } from '../../lib/diagnosis/prefect.ts';
import { HttpStatusError } from '../../lib/http/errors.ts';
import { jsonPost } from '../../lib/http/json.ts';
import { CatchUpError } from '../../lib/prefect/catch-up.ts';
import { DependencyError } from '../../lib/prefect/reader.ts';
import { ServerTooOldError } from '../../lib/prefect/server-too-old.ts';

const apiUrl = new URL('http://prefect.test:4200/api');
const diagnose = (error: unknown) => diagnosePrefect(error, { apiUrl, auth: { kind: 'none' } });

test('a server that is too old is not taken for a wrong address', () => {
  const request = jsonPost(apiUrl, 'events/count-by/event', {});
  const cause = new HttpStatusError(request, { status: 404, headers: {}, bodyExcerpt: '{}' });
  expect(diagnose(cause)?.slug).not.toBe('prefect-too-old');
  expect(diagnose(new ServerTooOldError('events are missing', { cause }))).toMatchObject({
    slug: 'prefect-too-old',
    message: 'events are missing',
  });
});

test('a catch-up without time for its first part is too late', () => {
  const error = new DependencyError('finishedRuns', 'flows', new CatchUpError('no time'));
  expect(diagnose(error)).toMatchObject({
    slug: 'prefect-unreachable',
    message: 'Prefect at prefect.test:4200 did not answer in the time there was.',
  });
});
