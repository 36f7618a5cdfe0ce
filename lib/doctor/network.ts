import { findCause } from '../diagnosis/cause.ts';
import { NoAnswerError, type NoAnswerReason } from '../http/errors.ts';
import type { Checked } from './probes.ts';
import type { CheckSection } from './report.ts';

/** Without an answer of any kind: refused, unreachable, or silent until there was no time left. */
const silent: ReadonlySet<NoAnswerReason> = new Set(['connect', 'timeout', 'deadline']);

/** One more section when no side answers at all: then it is the network, not two wrong addresses. */
export function checkNetwork(sides: readonly Checked[]): readonly CheckSection[] {
  const tried = sides.filter(({ host }) => host !== undefined);
  const closed = tried.flatMap(({ host, error }) => {
    const noAnswer = findCause(error, NoAnswerError);
    return noAnswer !== undefined && silent.has(noAnswer.reason)
      ? [`${host} (${noAnswer.code ?? noAnswer.reason})`]
      : [];
  });
  if (tried.length < 2 || closed.length < tried.length) return [];
  return [
    {
      name: 'network',
      status: 'failed',
      facts: [],
      problems: [
        {
          slug: 'network-closed',
          message: `Nothing outside answers: ${closed.join(', ')}.`,
          do: 'a Lambda function in a VPC needs a NAT gateway, a public subnet gives a function no internet; behind a proxy set HTTPS_PROXY',
        },
      ],
    },
  ];
}
