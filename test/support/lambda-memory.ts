import { readFile } from 'node:fs/promises';

/** As the Node.js runtimes of Lambda start their process: a heap of nine tenths of the memory. */
export function heapFlags(memoryMb: number): readonly string[] {
  const newSpace = Math.floor(memoryMb / 10);
  return [
    '--expose-gc',
    '--max-http-header-size=81920',
    `--max-semi-space-size=${Math.floor(newSpace / 2)}`,
    `--max-old-space-size=${memoryMb - newSpace}`,
  ];
}

/** The most that a process has held so far, MB, as Linux counts it; undefined when it is gone. */
export async function peakMemoryMb(pid: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) / 1024;
}

const lookEveryMs = 10;

/** Calls `onExceeded` once the process has held more than its memory. Ends with the process, or with `stop`. */
export function watchMemory(pid: number, memoryMb: number, onExceeded: () => void): { stop(): void } {
  const timer = setInterval(async () => {
    if (((await peakMemoryMb(pid)) ?? 0) <= memoryMb) return;
    clearInterval(timer);
    onExceeded();
  }, lookEveryMs);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
