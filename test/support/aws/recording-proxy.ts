import type { Reply } from '../../../doubles/server.ts';
import { startForwarder } from '../forwarder.ts';
import { type AwsCall, awsCallOf } from './call.ts';

export interface RecordedCall extends AwsCall {
  readonly status: number;
}

/** Stands before a local AWS. */
export interface RecordingProxy {
  /** For AWS_ENDPOINT_URL. */
  readonly url: URL;
  calls(): readonly RecordedCall[];
  stop(): Promise<void>;
}

export interface RecordingProxyOptions {
  target(): URL;
  /** What AWS would answer where the local one answers something else. */
  correct(call: AwsCall, reply: Reply): Reply;
}

export async function startRecordingProxy({
  target,
  correct,
}: RecordingProxyOptions): Promise<RecordingProxy> {
  const calls: RecordedCall[] = [];
  const server = await startForwarder({
    target,
    // The policies of buckets and queues refuse what does not come over TLS.
    headers: { 'x-forwarded-proto': 'https' },
    onReply(request, reply) {
      const call = awsCallOf(request);
      if (call === undefined) return reply;
      const corrected = correct(call, reply);
      calls.push({ ...call, status: corrected.status });
      return corrected;
    },
  });
  return {
    url: server.url,
    calls: () => calls,
    stop: server.stop,
  };
}
