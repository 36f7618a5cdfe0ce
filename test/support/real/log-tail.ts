import type { ChildProcess } from 'node:child_process';

const keptCharacters = 8_000;

export interface LogTail {
  text(): string;
}

/** Reads what a process prints, so that it never blocks on a full pipe, and keeps the end of it. */
export function collectLog(child: ChildProcess): LogTail {
  let text = '';
  const keep = (chunk: string) => {
    text = (text + chunk).slice(-keptCharacters);
  };
  child.stdout?.setEncoding('utf8').on('data', keep);
  child.stderr?.setEncoding('utf8').on('data', keep);
  return { text: () => text };
}
