// The requests of a person with all rights, without an SDK for each service.
import * as z from 'zod';

export interface AwsAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

export interface AwsRequest {
  /** As in the scope of a signature. */
  readonly service: string;
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
}

export interface AskAws {
  /** Any answer. */
  raw(request: AwsRequest): Promise<AwsAnswer>;
  /** The body of an answer; rejects where the request is refused. */
  accepted(request: AwsRequest): Promise<string>;
  /** An operation of a service that speaks JSON, by its target. Rejects where it is refused. */
  json(service: string, target: string, input: object): Promise<Record<string, unknown>>;
  /** An operation of a service that speaks forms; the answer is XML. Rejects where it is refused. */
  form(service: string, action: string, fields: Readonly<Record<string, string>>): Promise<string>;
}

const versions: Readonly<Record<string, string>> = {
  iam: '2010-05-08',
  cloudformation: '2010-05-15',
  monitoring: '2010-08-01',
  sns: '2010-03-31',
};

const object = z.record(z.string(), z.unknown());

/** The local AWS believes its root without looking at the signature. */
export function createAskAws(url: URL, region: string, accessKeyId: string): AskAws {
  const raw: AskAws['raw'] = async ({ service, method = 'POST', path = '/', headers = {}, body }) => {
    const day = new Date().toISOString().slice(0, 10).replaceAll('-', '');
    const credential = `${accessKeyId}/${day}/${region}/${service}/aws4_request`;
    const authorization = `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=host, Signature=0`;
    const init = { method, headers: { ...headers, authorization }, ...(body === undefined ? {} : { body }) };
    const response = await fetch(new URL(path, url), init);
    return { status: response.status, headers: response.headers, body: await response.text() };
  };
  const accepted: AskAws['accepted'] = async (request) => {
    const { status, body } = await raw(request);
    const { service, path = '', headers = {} } = request;
    const what = `${service} ${headers['x-amz-target'] ?? path}`;
    if (status >= 300) throw new Error(`${what}: ${status} ${body.slice(0, 1_000)}`);
    return body;
  };
  return {
    raw,
    accepted,
    async json(service, target, input) {
      const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target };
      const answer = await accepted({ service, headers, body: JSON.stringify(input) });
      return object.parse(JSON.parse(answer || '{}'));
    },
    form(service, action, fields) {
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      const body = new URLSearchParams({ Action: action, Version: versions[service] ?? '', ...fields });
      return accepted({ service, path: `/?${action}`, headers, body: body.toString() });
    },
  };
}
