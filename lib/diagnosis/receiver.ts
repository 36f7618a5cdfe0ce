import type { SinkAuth, SinkConfig } from '../config/config.ts';
import { CredentialsError, HttpStatusError, NoAnswerError, RedirectError } from '../http/errors.ts';
import type { Problem } from '../problem.ts';
import type { PushReport } from '../sinks/sink.ts';
import { diagnoseAmazon, withoutCredentials } from './amazon.ts';
import { findCause } from './cause.ts';
import { connectionAdvice } from './connection.ts';

/** What to tell a user about a push without a final answer; undefined for an error of another kind. */
export function diagnoseReceiver(error: unknown, sink: SinkConfig): Problem | undefined {
  const status = findCause(error, HttpStatusError);
  if (status !== undefined) return statusProblem(status, sink);
  const redirect = findCause(error, RedirectError);
  if (redirect !== undefined) return redirected(redirect, sink);
  const credentials = findCause(error, CredentialsError);
  if (credentials !== undefined) return withoutCredentials(credentials, sink);
  const noAnswer = findCause(error, NoAnswerError);
  return noAnswer === undefined ? undefined : unreachable(noAnswer, sink);
}

const variableOf = (sink: SinkConfig): string =>
  sink.kind === 'remote-write' ? 'REMOTE_WRITE_URL' : 'PUSHGATEWAY_URL';

/** What receivers say when something other than the data is wrong; the first match counts. */
const known: readonly {
  readonly statuses: readonly number[];
  readonly says: RegExp;
  problem(error: HttpStatusError, sink: SinkConfig): Problem;
}[] = [
  {
    statuses: [404],
    says: /remote write receiver needs to be enabled|enable-remote-write-receiver/,
    problem: disabled,
  },
  { statuses: [400, 404, 405], says: /invalid parameter ."?query|"errorType"/, problem: queryAddress },
  { statuses: [401, 400], says: /no org id/i, problem: tenant },
  // A gateway of Amazon, to a path that it does not know.
  { statuses: [403], says: /Missing Authentication Token/i, problem: withoutPath },
  { statuses: [400], says: /unsupported path requested/, problem: withoutPath },
  { statuses: [401, 403], says: /(?:)/, problem: refusedCredentials },
  { statuses: [404, 405], says: /(?:)/, problem: withoutPath },
];

function statusProblem(error: HttpStatusError, sink: SinkConfig): Problem {
  const ofAmazon = diagnoseAmazon(error, sink);
  if (ofAmazon !== undefined) return ofAmazon;
  const match = known.find(
    ({ statuses, says }) => statuses.includes(error.status) && says.test(error.bodyExcerpt),
  );
  if (match !== undefined) return match.problem(error, sink);
  return {
    slug: 'receiver-failed',
    message: `The receiver at ${error.url} answers ${error.status}.`,
    found: error.bodyExcerpt.trim(),
    do:
      error.status === 429
        ? 'the receiver limits what it takes: fewer series (DETAIL, METRICS_EXCLUDE), or a higher limit there'
        : 'look at the log of the receiver',
  };
}

function disabled(): Problem {
  return {
    slug: 'receiver-disabled',
    message: 'This Prometheus does not accept remote write.',
    do: 'start it with --web.enable-remote-write-receiver',
  };
}

function queryAddress(error: HttpStatusError, sink: SinkConfig): Problem {
  return {
    slug: 'receiver-url-is-for-queries',
    message: `${error.url} is where queries go (${error.status}).`,
    found: error.bodyExcerpt.trim(),
    expected: 'the address that takes writes, such as …/api/v1/write',
    do: `${variableOf(sink)}=${new URL('/api/v1/write', error.url).href}`,
  };
}

function tenant(): Problem {
  return {
    slug: 'receiver-tenant',
    message: 'The receiver wants a tenant.',
    found: 'no org id',
    do: 'REMOTE_WRITE_TENANT=<tenant>',
  };
}

function refusedCredentials(error: HttpStatusError, { auth }: SinkConfig): Problem {
  return {
    slug: 'receiver-token-refused',
    message: `The receiver at ${error.url} does not accept the credentials (${error.status}).`,
    found: `${describeAuth(auth)}; it says: ${error.bodyExcerpt.trim() || 'nothing'}`,
    do: new URL(error.url).hostname.endsWith('.grafana.net')
      ? 'the user name is the number of the instance; the token needs the scope metrics:write (Access Policies) and the region of the address'
      : 'compare user name, password or token with those of the receiver',
  };
}

function describeAuth(auth: SinkAuth): string {
  switch (auth.kind) {
    case 'basic':
      return `user ${auth.username}, password ${auth.password.toString()}`;
    case 'bearer':
      return `token ${auth.token.toString()}`;
    case 'sigv4':
      return 'a signature';
    case 'none':
      return 'no credentials';
  }
}

function withoutPath(error: HttpStatusError, sink: SinkConfig): Problem {
  return {
    slug: 'receiver-url-without-path',
    message: `${error.url} does not take ${sink.kind === 'remote-write' ? 'remote write' : 'pushes'} (${error.method}: ${error.status}).`,
    found: error.bodyExcerpt.trim(),
    expected:
      sink.kind === 'remote-write'
        ? 'the whole address, such as …/api/v1/write (Prometheus, VictoriaMetrics), …/api/v1/push (Mimir), …/api/prom/push (Grafana Cloud), …/api/v1/receive (Thanos)'
        : 'the address of a Pushgateway, such as http://pushgateway:9091',
    do:
      sink.kind === 'remote-write'
        ? 'prefect-push-exporter check finds out which address takes it'
        : 'look at the host, the port and the path of PUSHGATEWAY_URL',
  };
}

const redirected = (error: RedirectError, sink: SinkConfig): Problem => ({
  slug: 'receiver-failed',
  message: `${error.url} redirects (${error.status}); a redirected write becomes a read.`,
  found: error.location ?? 'no location',
  do: `${variableOf(sink)}=${error.location ?? '<the address it means>'}`,
});

function unreachable(error: NoAnswerError, sink: SinkConfig): Problem {
  const late = error.reason === 'timeout' || error.reason === 'deadline';
  return {
    slug: 'receiver-unreachable',
    message: late
      ? `The receiver at ${sink.url.host} did not answer in the time there was.`
      : `No connection to the receiver at ${sink.url.host} (${error.code ?? error.reason}).`,
    found: error.message,
    do: late
      ? 'look at the load of the receiver and at what stands in front of it'
      : connectionAdvice(error, sink.url, 'start the receiver'),
  };
}

/** What refused samples mean: another writer, or a wrong clock; anything else is data this receiver does not take. */
export function diagnoseRefusals(report: PushReport, workspace: string): readonly Problem[] {
  const { already_stored = 0, too_new = 0, ...others } = report.samplesDropped;
  const problems: Problem[] = [];
  const found = report.refusals.join(' | ');
  if (already_stored > 0) {
    problems.push({
      slug: 'two-writers',
      message: `The receiver already has these samples or newer ones: the tick was done before, or another exporter writes workspace="${workspace}".`,
      found,
      do: 'stop the other one, or give this one another WORKSPACE or EXTERNAL_LABELS',
    });
  }
  if (too_new > 0) {
    problems.push({
      slug: 'clock',
      message: 'The receiver says that the samples lie in the future.',
      found,
      do: 'set the clock of this machine',
    });
  }
  const refused = Object.entries(others);
  if (refused.length > 0) {
    problems.push({
      slug: 'receiver-refused-data',
      message: `The receiver refused ${refused.map(([reason, count]) => `${count} samples (${reason})`).join(', ')}.`,
      found,
    });
  }
  return problems;
}
