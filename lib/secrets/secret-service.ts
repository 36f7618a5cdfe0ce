import { awsClientOptions } from '../aws-client-options.ts';

/** One service that keeps secrets, in one region. Each request is sent once. */
export interface SecretService {
  /** What is kept under an ARN. Rejects with errors of the SDK. */
  get(arn: string, signal: AbortSignal): Promise<KeptSecret>;
  /** Where the last request went, with the port where it is not that of https; undefined before the first. */
  host(): string | undefined;
  close(): void;
}

/** Undefined: bytes that are no text. */
export type KeptSecret = string | undefined;

export interface SecretServiceOptions {
  readonly region: string;
  /** Default: that of the SDK, AWS_ENDPOINT_URL_… among it. */
  readonly endpoint?: URL | undefined;
  /** Default: those of the SDK, the role of the function or task among them. */
  readonly credentials?:
    | { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string }
    | undefined;
}

/** The reader ends its requests before that; those for credentials end here. */
const limits = { connectMs: 2_000, answerMs: 5_000 };

/** What clients of both services have in common. `maxAttempts`: the reader decides what is tried again. */
export const clientOptions = ({ region, endpoint, credentials }: SecretServiceOptions) => ({
  ...awsClientOptions(limits),
  region,
  ...(endpoint === undefined ? {} : { endpoint: endpoint.href }),
  ...(credentials === undefined ? {} : { credentials }),
  maxAttempts: 1,
});

type Middleware = <Args extends { readonly request: unknown }, Output>(
  next: (args: Args) => Promise<Output>,
) => (args: Args) => Promise<Output>;

/** As much of a client of the SDK as it takes to see its requests. */
interface Watched {
  readonly middlewareStack: {
    add(middleware: Middleware, options: { readonly step: 'build'; readonly name: string }): void;
  };
}

/** The host of the client's last request, from now on. */
export function createHostNote({ middlewareStack }: Watched): SecretService['host'] {
  let host: string | undefined;
  middlewareStack.add(
    (next) => (args) => {
      host = hostOf(args.request) ?? host;
      return next(args);
    },
    { step: 'build', name: 'hostNote' },
  );
  return () => host;
}

function hostOf(request: unknown): string | undefined {
  if (typeof request !== 'object' || request === null || !('hostname' in request)) return undefined;
  const port = 'port' in request && request.port !== undefined ? `:${request.port}` : '';
  return `${request.hostname}${port}`;
}
