import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Something measured. `run` answers with the text to show. */
export interface Bench {
  readonly name: string;
  /** True for one that takes minutes or more than the project's own servers: it runs only when it is named. */
  readonly onRequest?: true;
  run(): Promise<string>;
}

export interface ChildOptions {
  readonly nodeOptions?: readonly string[];
  readonly args?: readonly string[];
  /** Beside the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a file in a fresh Node and parses the JSON it prints last. */
export async function inFreshProcess(
  file: URL,
  { nodeOptions = [], args = [], env = {} }: ChildOptions = {},
): Promise<unknown> {
  const child = spawn(process.execPath, [...nodeOptions, file.pathname, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(`${file.pathname} ${args.join(' ')} ended with ${code}`);
  return JSON.parse(output.trimEnd().split('\n').at(-1) ?? '');
}

/** The most memory this process ever had, MB. Linux; elsewhere what `getrusage` says. */
export function peakRssMb(): number {
  try {
    // `getrusage` starts with the peak of the process that started this one; VmHWM does not.
    const peakKb = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    if (peakKb !== undefined) return Number(peakKb) / 1_024;
  } catch {
    // Not Linux.
  }
  return process.resourceUsage().maxRSS / 1_024;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Columns as wide as their widest cell, the first to the left, the others to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
