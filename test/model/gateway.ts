import { gunzipSync } from 'node:zlib';

/** Series by its line without the value, to its value. */
export type Exposition = ReadonlyMap<string, number>;

/** A Pushgateway with one group: what was put last. */
export interface Gateway {
  put(body: Uint8Array, nowMs: number): void;
  /** Everything it ever showed, oldest first. */
  readonly shown: readonly { readonly atMs: number; readonly series: Exposition }[];
}

export function createGateway(): Gateway {
  const shown: { atMs: number; series: Exposition }[] = [];
  return {
    shown,
    put: (body, nowMs) => shown.push({ atMs: nowMs, series: parse(gunzipSync(body).toString('utf8')) }),
  };
}

const parse = (text: string): Exposition =>
  new Map(
    text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => {
        const at = line.lastIndexOf(' ');
        return [line.slice(0, at), Number(line.slice(at + 1))];
      }),
  );
