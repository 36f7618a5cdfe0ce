/** For one request of the SDK, ms. */
export interface AwsRequestLimits {
  /** Until the connection stands. */
  readonly connectMs: number;
  /** Until the answer begins, and then for any silence in it. */
  readonly answerMs: number;
}

/**
 * Options for a client of the SDK, or for what it finds credentials with: an answer that does not come is an error
 * (without `throwOnRequestTimeout` it is a warning, and the request waits on), and nothing is written to the console.
 */
export const awsClientOptions = ({ connectMs, answerMs }: AwsRequestLimits) => ({
  logger: silent,
  requestHandler: {
    connectionTimeout: connectMs,
    requestTimeout: answerMs,
    throwOnRequestTimeout: true,
    socketTimeout: answerMs,
    logger: silent,
  },
});

const nothing = (): void => undefined;

/** Whoever calls tells of errors, in lines of the log. */
const silent = { trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing };
