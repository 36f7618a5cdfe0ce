/** What an error of the AWS SDK says, as far as it says it. */
export interface AwsAnswer {
  /** Such as `AccessDenied`; the code or the name of the error where there was no answer. */
  readonly code: string;
  /** Undefined where there was no answer. */
  readonly status: number | undefined;
  /** On one line, bounded, without what it repeats of the request. */
  readonly message: string;
  /** Of the answer, lower-case names. */
  header(name: string): string | undefined;
}

export function awsAnswerOf(error: unknown): AwsAnswer {
  const status = fieldOf(fieldOf(error, '$metadata'), 'httpStatusCode');
  const headers = fieldOf(fieldOf(error, '$response'), 'headers');
  const name = fieldOf(error, 'name');
  const code = fieldOf(error, 'code');
  return {
    code: typeof status !== 'number' && typeof code === 'string' ? code : String(name ?? 'unknown'),
    status: typeof status === 'number' ? status : undefined,
    message: shown(error instanceof Error ? error.message : String(error)),
    header: (of) => {
      const value = fieldOf(headers, of);
      return typeof value === 'string' ? value : undefined;
    },
  };
}

/**
 * The error with what `awsAnswerOf` reads of it and nothing else, to be kept as a cause: those of the SDK carry the
 * exchange with all headers, and AWS repeats the request in fields of its own.
 */
export function bareAwsError(error: unknown): Error {
  const { code, status, message } = awsAnswerOf(error);
  const answered = status === undefined ? {} : { $metadata: { httpStatusCode: status } };
  return Object.assign(new Error(message), { name: code, ...answered });
}

/**
 * Where a signature does not match, AWS answers with the request as it should have been signed, the session token
 * among its headers: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html.
 */
const repeated = /\bThe (?:Canonical String|String-to-Sign)\b[\s\S]*/i;
/** In whatever way it is written behind its name: what follows goes, too. */
const sessionToken = /(x-amz-security-token)[\s\S]*/i;

/** Also without the name of the package that some messages of the SDK begin with. */
const shown = (text: string): string =>
  text
    .replace(/^@smithy\/[\w-]+ - /, '')
    .replace(repeated, '')
    .replace(sessionToken, '$1 …')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 500);

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && name in value ? Reflect.get(value, name) : undefined;
}
