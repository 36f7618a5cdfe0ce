import type { Page } from './pages.ts';

/** What ended, and when. */
export interface Ended {
  readonly id: string;
  readonly end_time: string;
}

/** Raw timestamps; both ends belong to it. */
export interface EndTimes {
  readonly after: string;
  readonly before: string;
}

export interface EndTimeQuery extends EndTimes {
  /** Rows that are not wanted again. */
  readonly withoutIds: readonly string[];
  /** A smaller part can be asked for: then a 500, such as a statement timeout, is not sent again. */
  readonly canBeHalved: boolean;
}

/** One of Prefect's lists, by the time at which its rows ended, newest first. */
export interface FinishedList<Row extends Ended> {
  /** For messages, such as `finished runs`. */
  readonly name: string;
  /** Rejects with a status 422 where the server has no such filter (`endTimeFilterIn`). */
  page(query: EndTimeQuery): Promise<Page<Row>>;
  count(window: EndTimes): Promise<number>;
  /**
   * For servers without the filter: all that is in a terminal state. `startedOnly` leaves out what never ran: on
   * Prefect 2 that has no end time at all, and comes first on Postgres. Undefined where no such list is read.
   */
  unfilteredPage?(offset: number, options: { readonly startedOnly: boolean }): Promise<Page<Row>>;
}

/** µs since the Unix epoch; both ends belong to it. */
export interface MicrosecondRange {
  readonly fromUs: number;
  readonly toUs: number;
}
