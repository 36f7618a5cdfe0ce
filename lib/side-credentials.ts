import type { Config, PrefectAuth, SinkAuth, SinkConfig } from './config/config.ts';
import { type Credentials, fixedCredentials } from './http/renewing.ts';

/** What the receiver is shown. */
export interface SinkCredentials {
  readonly auth: SinkAuth;
  /** REMOTE_WRITE_HEADERS: receivers have keys in headers of their own. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface SideCredentials {
  readonly prefect: Credentials<PrefectAuth>;
  readonly sink: Credentials<SinkCredentials>;
}

export const sinkCredentialsOf = (sink: SinkConfig | undefined): SinkCredentials => ({
  auth: sink?.auth ?? { kind: 'none' },
  headers: sink?.kind === 'remote-write' ? sink.headers : {},
});

/** Those of the configuration, for as long as it is used. */
export const credentialsOf = ({ prefect, sink }: Config): SideCredentials => ({
  prefect: fixedCredentials(prefect.auth),
  sink: fixedCredentials(sinkCredentialsOf(sink)),
});
