import type { Complaint } from './error.ts';
import type { StageFile } from './schema.ts';

export interface Alarms {
  readonly wanted: boolean;
  readonly topicArn: string | undefined;
  readonly email: string | undefined;
}

export function alarmsOf({ alarms }: StageFile, complain: (complaint: Complaint) => void): Alarms {
  if (alarms === false) return { wanted: false, topicArn: undefined, email: undefined };
  const { topicArn, email } = alarms ?? {};
  if (topicArn !== undefined && email !== undefined) {
    complain({
      path: 'alarms.email',
      what: 'is set, and alarms.topicArn is too',
      found: email,
      expected: 'a topic that exists, or an address for one that is made',
      do: 'remove one of them',
    });
  }
  return { wanted: true, topicArn, email };
}
