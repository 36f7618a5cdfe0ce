import { spawn } from 'node:child_process';

/** Reads a pipe whose other end only this process holds: its end without a line means that this process was killed. */
const script = 'read -r line || { kill -KILL "$1"; rm -rf "$2"; }';

/**
 * Ends the process `pid` and removes `directory` if this process dies before it calls what is returned.
 * The watchdog has a session of its own, so that Ctrl-C does not end it first.
 */
export function guardProcess(pid: number, directory = ''): () => void {
  const watchdog = spawn('/bin/sh', ['-c', script, 'watchdog', String(pid), directory], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  watchdog.unref();
  watchdog.stdin.on('error', () => {});
  return () => void watchdog.stdin.end('released\n');
}
