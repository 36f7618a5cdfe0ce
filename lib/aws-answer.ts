/** What an error of the AWS SDK says, as far as it says it. */
export interface AwsAnswer {
  /** Such as `AccessDenied`; the code or the name of the error where there was no answer. */
  readonly code: string;
  /** Undefined where there was no answer. */
  readonly status: number | undefined;
  /** On one line, bounded. */
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
    message: oneLine(error instanceof Error ? error.message : String(error)),
    header: (of) => {
      const value = fieldOf(headers, of);
      return typeof value === 'string' ? value : undefined;
    },
  };
}

/** Without the name of the package that some messages of the SDK begin with. */
const oneLine = (text: string): string =>
  text
    .replace(/^@smithy\/[\w-]+ - /, '')
    .replace(/\s+/g, ' ')
    .slice(0, 500);

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && name in value ? Reflect.get(value, name) : undefined;
}
