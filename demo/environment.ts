type Environment = Readonly<Record<string, string | undefined>>;

export interface Wiring {
  readonly everySeconds: number;
  readonly receiverUrl: URL;
  /** Address of the made-up workspace; undefined where the environment names a server. */
  readonly madeUpApiUrl: string | undefined;
  /** The ledger: a file that goes with the demo. */
  readonly ledgerPath: string;
}

/** Where a tick pushes to, how often, where its ledger is, what it logs: the demo decides. */
const decided =
  /^(?:REMOTE_WRITE_|PUSHGATEWAY_|INTERVAL_SECONDS$|LOG_LEVEL$|EMF|STORE$|S3_ENDPOINT$|ALLOW_MEMORY_STORE$)/;
const ofPrefect = /^(?:PREFECT_|WORKSPACE$)/;

/**
 * The environment of the Lambda function: the user's own, so that settings such as COLLECTORS show their effect,
 * pushing to the demo's receiver, and reading the made-up workspace unless PREFECT_API_URL names a server.
 */
export function functionEnvironment(own: Environment, wiring: Wiring): Record<string, string> {
  const { everySeconds, receiverUrl, madeUpApiUrl, ledgerPath } = wiring;
  const kept = Object.entries(own).flatMap(([name, value]) =>
    value === undefined || decided.test(name) || (madeUpApiUrl !== undefined && ofPrefect.test(name))
      ? []
      : [[name, value] as const],
  );
  const environment = Object.fromEntries(kept);
  const direct = [environment.no_proxy ?? environment.NO_PROXY, '127.0.0.1'].filter(Boolean).join(',');
  delete environment.NO_PROXY;
  return {
    ...environment,
    no_proxy: direct,
    INTERVAL_SECONDS: String(everySeconds),
    REMOTE_WRITE_URL: String(receiverUrl),
    STORE: `file:${ledgerPath}`,
    ...(madeUpApiUrl === undefined ? {} : { PREFECT_API_URL: madeUpApiUrl, WORKSPACE: 'demo' }),
  };
}

/** PREFECT_API_URL, where it is set. */
export function ownServer(own: Environment): string | undefined {
  const url = own.PREFECT_API_URL?.trim();
  return url === undefined || url === '' ? undefined : url;
}
