import { findCause } from '../diagnosis/cause.ts';
import { NoAnswerError } from '../http/errors.ts';
import type { Checked } from './probes.ts';
import type { CheckSection } from './report.ts';

/** One more section when no side could be connected to: then it is the network, not two wrong addresses. */
export function checkNetwork(sides: readonly Checked[]): readonly CheckSection[] {
  const tried = sides.filter(({ host }) => host !== undefined);
  const closed = tried.flatMap(({ host, error }) => {
    const noAnswer = findCause(error, NoAnswerError);
    return noAnswer?.reason === 'connect' ? [`${host} (${noAnswer.code ?? 'no connection'})`] : [];
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
          message: 'Nothing outside answers.',
          found: closed.join(', '),
          do: 'a Lambda function in a VPC needs a NAT gateway, a public subnet is not enough; behind a proxy set HTTPS_PROXY',
        },
      ],
    },
  ];
}
