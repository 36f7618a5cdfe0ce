import type { Clock } from '../../lib/clock.ts';
import {
  type Handler,
  json,
  type LocalServer,
  type ReceivedRequest,
  type Reply,
  type ServerOptions,
  startServer,
} from '../server.ts';
import { refuseSignature, type SignatureRules } from './signature.ts';

export interface AmazonPrometheusOptions extends SignatureRules, ServerOptions {
  readonly workspace: string;
  readonly clock: Clock;
  /** Where genuine writes go, such as a real Prometheus' `…/api/v1/write`. */
  readonly writeUrl: URL;
}

export interface AmazonPrometheus extends LocalServer {
  /** `…/workspaces/<workspace>/api/v1/remote_write`. */
  readonly remoteWriteUrl: URL;
}

/** https://docs.aws.amazon.com/prometheus/latest/userguide/AMP_quotas.html */
const maxBodyBytes = 1_048_576;

/**
 * What stands before the receiver in Amazon Managed Prometheus: verifies the signature of every request and passes
 * writes to one workspace on to a receiver.
 */
export async function startAmazonPrometheus(options: AmazonPrometheusOptions): Promise<AmazonPrometheus> {
  const { workspace, writeUrl, clock } = options;
  const path = `/workspaces/${workspace}/api/v1/remote_write`;
  const handler: Handler = (request) => {
    const refused = refuseSignature(request, options, clock.now());
    if (refused !== undefined) return failure(403, refused.type, refused.message);
    if (request.body.byteLength > maxBodyBytes)
      return failure(413, 'RequestEntityTooLarge', 'Request too large');
    const [pathname = ''] = request.path.split('?');
    if (pathname === path) return passOn(request, writeUrl);
    const [, other] = /^\/workspaces\/([^/]+)\//.exec(pathname) ?? [];
    return other === undefined
      ? failure(403, 'MissingAuthenticationTokenException', 'Missing Authentication Token')
      : failure(404, 'ResourceNotFoundException', `Workspace not found: ${other}`);
  };
  const server = await startServer(handler, options);
  return { ...server, remoteWriteUrl: new URL(path, server.url) };
}

/** An error as Amazon's services write it. */
export const failure = (status: number, type: string, message: string): Reply => {
  const reply = json({ message }, status);
  return { ...reply, headers: { ...reply.headers, 'x-amzn-errortype': type } };
};

/** Headers of the connection, and those that only the signature is about. */
const own = /^(?:host|connection|content-length|transfer-encoding|accept-encoding|authorization|x-amz-.*)$/;

async function passOn({ method, headers, body }: ReceivedRequest, url: URL): Promise<Reply> {
  const passed = Object.entries(headers).filter(([name]) => !own.test(name));
  const answer = await fetch(url, { method, headers: passed, body: new Uint8Array(body) });
  return { status: answer.status, body: new Uint8Array(await answer.arrayBuffer()) };
}
