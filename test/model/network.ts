import { decodeWriteRequest, decompressSnappy } from '../../doubles/receiver/decode.ts';
import { type Deadline, remainingMs } from '../../lib/deadline.ts';
import { HttpStatusError, NoAnswerError, type NoAnswerReason } from '../../lib/http/errors.ts';
import type { HttpRequest, HttpResponse, Send } from '../../lib/http/send.ts';
import { chance } from './chance.ts';
import type { Gateway } from './gateway.ts';
import type { Invocation } from './invocation.ts';
import type { Profile } from './profiles.ts';
import { type Receiver, type Sample, samplesOf } from './receiver.ts';
import type { RequestFault, Schedule } from './schedule.ts';
import type { Timeline } from './timeline.ts';
import { isWithin } from './workspace.ts';

/** What is seen of requests on their way. */
export interface Observer {
  sent(invocation: Invocation, samples: readonly Sample[]): void;
  /** Its sender waits for it no more. */
  ended(invocation: Invocation, samples: readonly Sample[]): void;
  /** Refused, and the sender knows it. */
  lost(invocation: Invocation, samples: readonly Sample[], refusal: Refused): void;
}

export interface Refused {
  readonly what: string;
  /** Whether the answer is final whatever the age of the samples. */
  readonly isFinal: boolean;
}

export interface NetworkOptions {
  readonly schedule: Schedule;
  readonly profile: Profile;
  readonly startMs: number;
  readonly timeline: Timeline;
  readonly receiver: Receiver;
  readonly gateway: Gateway;
  readonly observer: Observer;
}

const timeoutMs = 10_000;

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** One attempt at the receiver: on its way it may be late, lose its answer, or arrive long after it was given up. */
export function createSend(options: NetworkOptions, invocation: Invocation): Send {
  const { schedule, profile, timeline, observer } = options;
  let requests = 0;

  return async (request, deadline) => {
    const limitMs = Math.min(timeoutMs, remainingMs(deadline, invocation.clock));
    if (limitMs === 0) throw noAnswer(request, 'deadline');
    const number = requests++;
    const fault = faultOf(profile, invocation.plan.requests[number] ?? 'none');
    const samples = profile.sink === 'remote-write' ? decode(request) : [];
    observer.sent(invocation, samples);
    const noise = (what: string) => chance(schedule.seed, what, invocation.id, number);
    const latencyMs = 5 + Math.floor(noise('latency') * 120) + (fault === 'slow' ? 7_000 : 0);
    const travelMs = fault === 'zombie' ? 20_000 + Math.floor(noise('zombie') * 100_000) : latencyMs;

    let answer: Answer | undefined;
    timeline.at(timeline.now() + travelMs, () => {
      answer = arrive(options, { fault, request, samples, noise: noise('down') }, (refused, lost) => {
        if (fault !== 'zombie' && fault !== 'answer-lost') observer.lost(invocation, lost, refused);
      });
    });
    const isAnswered = fault !== 'zombie' && fault !== 'answer-lost' && travelMs < limitMs;
    await invocation.wait(isAnswered ? travelMs + 1 : limitMs);
    observer.ended(invocation, samples);
    if (!isAnswered || answer === undefined)
      throw noAnswer(request, limitReason(limitMs, deadline, invocation));
    return responseOf(request, answer);
  };
}

/** A PUT that is given up ends with its connection: none arrives a minute later. */
const faultOf = ({ sink }: Profile, fault: RequestFault): RequestFault =>
  sink === 'pushgateway' && fault === 'zombie' ? 'answer-lost' : fault;

const decode = ({ body = new Uint8Array() }: HttpRequest): Sample[] =>
  samplesOf(decodeWriteRequest(decompressSnappy(body)));

const limitReason = (limitMs: number, deadline: Deadline, { clock }: Invocation): NoAnswerReason =>
  limitMs < timeoutMs || remainingMs(deadline, clock) === 0 ? 'deadline' : 'timeout';

const noAnswer = (request: HttpRequest, reason: NoAnswerReason) =>
  new NoAnswerError(request, { reason, what: `no answer (${reason})` });

interface Arrival {
  readonly fault: RequestFault;
  readonly request: HttpRequest;
  readonly samples: readonly Sample[];
  readonly noise: number;
}

function arrive(
  { schedule, profile, startMs, timeline, receiver, gateway }: NetworkOptions,
  { fault, request, samples, noise }: Arrival,
  onLost: (refused: Refused, lost: readonly Sample[]) => void,
): Answer {
  const nowMs = timeline.now();
  if (isWithin(schedule.receiverDown, nowMs - startMs)) return { status: noise < 0.5 ? 503 : 0, body: '' };
  if (fault === 'error') return { status: 503, body: '' };
  if (profile.sink === 'pushgateway') {
    gateway.put(request.body ?? new Uint8Array(), nowMs);
    return { status: 200, body: '' };
  }
  const { refusal, lost } = receiver.take(samples, nowMs);
  if (refusal === undefined) return { status: 204, body: '' };
  const status = refusal.kind === 'too-old' ? profile.tooOldStatus : 400;
  if (lost.length > 0) onLost({ what: refusal.kind, isFinal: status === 400 }, lost);
  return { status, body: refusal.text };
}

function responseOf(request: HttpRequest, { status, body }: Answer): HttpResponse {
  if (status === 0) throw noAnswer(request, 'connect');
  if (status >= 300) throw new HttpStatusError(request, { status, headers: {}, bodyExcerpt: body });
  return { status, headers: {}, body: new Uint8Array() };
}
