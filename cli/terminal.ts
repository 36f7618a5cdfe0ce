import { styleText } from 'node:util';

/** Where a command writes. Colours and the progress line exist only on a terminal. */
export interface Terminal {
  readonly isTerminal: boolean;
  /** One line or several to standard output. */
  print(text: string): void;
  /** One line to standard error: for people, not for what is piped on. */
  note(text: string): void;
  /** Replaces the last progress line on a terminal; says nothing elsewhere. `''` removes it. */
  progress(text: string): void;
  colour(style: 'green' | 'yellow' | 'red' | 'dim' | 'bold', text: string): string;
}

interface Stream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

const clearLine = '\r\u001b[2K';

export function createTerminal(
  stdout: Stream,
  stderr: Stream,
  env: Readonly<Record<string, string | undefined>>,
): Terminal {
  const isTerminal = stdout.isTTY === true && env.TERM !== 'dumb';
  const showsProgress = stderr.isTTY === true && env.TERM !== 'dumb';
  const coloured = isTerminal && (env.NO_COLOR ?? '') === '';
  let progressShown = false;
  const progress = (text: string) => {
    if (!showsProgress || (text === '' && !progressShown)) return;
    stderr.write(`${clearLine}${text}`);
    progressShown = text !== '';
  };
  return {
    isTerminal,
    print: (text) => {
      progress('');
      stdout.write(`${text}\n`);
    },
    note: (text) => {
      progress('');
      stderr.write(`${text}\n`);
    },
    progress,
    colour: (style, text) => (coloured ? styleText(style, text, { validateStream: false }) : text),
  };
}
