import type { Problem } from '../../problem.ts';
import { assignment, showAddress } from '../show.ts';

const forms = 's3://<bucket>/<key>, file:<path> or memory:';
const fileName = 'ledger.json.gz';

/** What people write into STORE, as far as it can be told without asking the store. */
export function storeMistake(raw: string): Problem | undefined {
  if (/^[a-z0-9]+:\/*[^/]*@/i.test(raw)) {
    return problem(
      raw,
      'holds a user name or a password',
      'take it out: the AWS SDK finds the credentials itself, in the role or in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
    );
  }
  const scheme = /^([a-z][a-z0-9]+):/i.exec(raw)?.[1]?.toLowerCase();
  switch (scheme) {
    case 's3':
      return s3Mistake(raw);
    case 'file':
      return fileMistake(raw);
    case 'memory':
      return raw.length === 'memory:'.length
        ? undefined
        : problem(raw, 'has more than memory:', 'STORE=memory:');
    case 'arn':
      return arnMistake(raw);
    case 'http':
    case 'https':
      return webMistake(raw);
    case undefined:
      return bareMistake(raw);
    default:
      return problem(
        raw,
        `is of a kind that there is not, ${scheme}:`,
        `STORE=s3://<bucket>/${fileName}, with S3_ENDPOINT for a server that is compatible with S3`,
      );
  }
}

const problem = (raw: string, what: string, advice: string): Problem => ({
  slug: 'invalid-value',
  message: `STORE ${what}.`,
  found: showAddress(raw),
  expected: forms,
  do: advice,
});

const store = (address: string): string => assignment('STORE', showAddress(address));

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
const bucketName = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

function s3Mistake(raw: string): Problem | undefined {
  const [, slashes = '', rest = ''] = /^s3:(\/*)(.*)$/is.exec(raw) ?? [];
  if (/[<>]/.test(rest))
    return problem(raw, 'still has a <placeholder>', `STORE=s3://prefect-ledger/prod/${fileName}`);
  const [bucket = '', ...parts] = rest.split('/');
  const key = parts.join('/');
  const whole = `s3://${bucket}/${key === '' || key.endsWith('/') ? `${key}${fileName}` : key}`;
  if (slashes !== '//') return problem(raw, 'has not exactly two slashes after s3:', store(whole));
  if (bucket === '') return problem(raw, 'names no bucket', `STORE=s3://<bucket>/${fileName}`);
  if (key === '') return problem(raw, 'names a bucket and no key', store(whole));
  if (key.endsWith('/'))
    return problem(raw, 'ends like a folder, and a key is that of one object', store(whole));
  if (bucketName.test(bucket)) return undefined;
  return problem(
    raw,
    `has "${bucket}" for a bucket, and bucket names are 3 to 63 small letters, digits, dots and hyphens`,
    `STORE=s3://<bucket>/${key}`,
  );
}

function fileMistake(raw: string): Problem | undefined {
  const path = raw.slice('file:'.length);
  const inFolder = path.endsWith('/') ? `${path}${fileName}` : path;
  if (path === '') return problem(raw, 'names no file', `STORE=file:./.prefect-push-exporter/${fileName}`);
  if (/^\/\/(?!\/)/.test(path)) {
    const bare = inFolder.slice(2);
    return problem(
      raw,
      'has two slashes after file:, which would make the first folder a host',
      `${store(`file:./${bare}`)}, or ${store(`file:/${bare}`)}`,
    );
  }
  if (path.startsWith('~'))
    return problem(raw, 'begins with ~, which only a shell knows', 'write the whole path of the home folder');
  if (path.endsWith('/')) return problem(raw, 'ends like a folder', store(`file:${inFolder}`));
  return undefined;
}

function arnMistake(raw: string): Problem {
  const [, object] = /^arn:aws[a-z-]*:s3:::(.+)$/i.exec(raw) ?? [];
  const whole = object?.includes('/') ? object : `${object ?? '<bucket>'}/${fileName}`;
  return problem(raw, 'is an ARN', store(`s3://${whole}`));
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html: by host and by path. */
function webMistake(raw: string): Problem {
  const { hostname, pathname, origin } = URL.canParse(raw)
    ? new URL(raw)
    : new URL('https://<server>'.replace(/[<>]/g, ''));
  const path = pathname.slice(1);
  const [, bucket, isAmazon] = /^(?:(.+)\.)?(s3[.-][a-z0-9.-]*amazonaws\.com(?:\.cn)?)$/.exec(hostname) ?? [];
  const object = `${bucket === undefined ? '' : `${bucket}/`}${path === '' ? fileName : path}`;
  if (isAmazon !== undefined) return problem(raw, 'is a web address', store(`s3://${object}`));
  return problem(raw, 'is a web address', `STORE=s3://<bucket>/${fileName} and S3_ENDPOINT=${origin}`);
}

function bareMistake(raw: string): Problem {
  if (/^memory$/i.test(raw)) return problem(raw, 'has no colon', 'STORE=memory:');
  return problem(
    raw,
    'does not say what kind of store it is',
    store(`file:${raw.endsWith('/') ? `${raw}${fileName}` : raw}`),
  );
}
