import type { Config, SinkConfig } from './config/config.ts';
import { publicUrl } from './http/errors.ts';
import type { Identity } from './ledger/ledger.ts';

/** What the ledger belongs to: without credentials, which change. */
export const receiverIdentity = ({ prefect, sink }: Config): Identity => ({
  prefect: publicUrl(prefect.apiUrl),
  sink: sink === undefined ? '' : sinkIdentity(sink),
});

function sinkIdentity(sink: SinkConfig): string {
  const address = publicUrl(sink.url);
  if (sink.kind === 'remote-write') {
    const tenant = sink.headers['x-scope-orgid'];
    return tenant === undefined ? address : `${address} (tenant ${tenant})`;
  }
  const grouping = Object.entries({ job: sink.job, ...sink.grouping }).map((pair) => pair.join('='));
  return `${address} (group ${grouping.sort().join()})`;
}
