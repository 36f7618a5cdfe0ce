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
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined;
}

/** What clients of both services have in common. `maxAttempts`: the reader decides what is tried again. */
export const clientOptions = ({ region, endpoint, credentials }: SecretServiceOptions) => ({
  region,
  ...(endpoint === undefined ? {} : { endpoint: endpoint.href }),
  ...(credentials === undefined ? {} : { credentials }),
  maxAttempts: 1,
  requestHandler: { connectionTimeout: 2_000 },
});

/** Keeps the host of each request that passes; to be added to a client at the step `build`. */
export function createHostNote() {
  let host: string | undefined;
  return {
    host: () => host,
    note: (request: unknown): void => {
      if (typeof request !== 'object' || request === null || !('hostname' in request)) return;
      const port = 'port' in request && request.port !== undefined ? `:${request.port}` : '';
      host = `${request.hostname}${port}`;
    },
  };
}
