import type { ReceivedRequest } from './server.ts';

/** What goes wrong with one answer. Where a fault needs a body it takes that of the handler. */
export type Fault =
  /** Answers this instead; the handler is not asked. */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  /** Never answers. */
  | { readonly kind: 'hang' }
  /** Resets the connection, before the handler is asked, or (`handled`) after: done, and nobody was told. */
  | { readonly kind: 'reset-before-answer'; readonly handled?: boolean }
  /** Sends the head and half of the body, then resets the connection. */
  | { readonly kind: 'reset-mid-body' }
  /** Announces more bytes than it sends, then ends the connection in good order. */
  | { readonly kind: 'wrong-content-length' }
  /** A well-formed answer with the first half of the body. */
  | { readonly kind: 'truncate-body' }
  /** A web page instead of the API, as a proxy or a login screen answers. */
  | { readonly kind: 'html'; readonly status?: number }
  | { readonly kind: 'empty-body'; readonly status?: number }
  | { readonly kind: 'redirect'; readonly status?: number; readonly location: string }
  /** The handler's answer, later, on the server's clock. */
  | { readonly kind: 'slow-headers'; readonly delayMs: number }
  /** The head and half of the body, and then nothing. */
  | { readonly kind: 'hang-mid-body' }
  /** The handler's answer, compressed; `damaged` cuts the compressed bytes in half. */
  | { readonly kind: 'compress'; readonly encoding: 'gzip' | 'deflate' | 'br'; readonly damaged?: boolean };

/** Decides which requests go wrong. */
export interface Faults {
  /** The next `count` requests, after those already planned. */
  next(count: number, fault: Fault): void;
  /** Requests for which this answers a fault, when no planned one is left. Replaces the one before. */
  when(choose: (request: ReceivedRequest) => Fault | undefined): void;
  clear(): void;
  /** The fault of this request; used up. */
  take(request: ReceivedRequest): Fault | undefined;
}

export function createFaults(): Faults {
  const planned: Fault[] = [];
  const none = () => undefined;
  let choose: (request: ReceivedRequest) => Fault | undefined = none;
  return {
    next: (count, fault) => {
      for (let n = 0; n < count; n += 1) planned.push(fault);
    },
    when: (chooser) => {
      choose = chooser;
    },
    clear: () => {
      planned.length = 0;
      choose = none;
    },
    take: (request) => planned.shift() ?? choose(request),
  };
}
