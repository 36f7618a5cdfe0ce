import { hostname } from 'node:os';
import type { Clock } from '../clock.ts';

/** Names that this process has given and still uses. */
const inUse = new Set<string>();

const host = hostname()
  .replace(/[^A-Za-z0-9-]/g, '-')
  .slice(0, 60);

/** A name for one owner of a lock that no other has: process, machine, and a number by chance. */
export function nameOwner(clock: Clock): string {
  const name = `${process.pid}.${host}.${clock.uuid()}`;
  inUse.add(name);
  return name;
}

export const forgetOwner = (name: string): void => void inUse.delete(name);

/** For people: `process 4711 on build-3`. */
export function describeOwner(name: string): string {
  const [pid, machine] = name.split('.');
  return `process ${pid} on ${machine}`;
}

/**
 * True when the owner is a process of this machine that has ended. A container that was started again often has the
 * same process number on the same machine: a name with our number that we did not give is an owner of before.
 */
export function hasDied(name: string): boolean {
  const [pid, machine] = name.split('.');
  if (machine !== host || !/^\d+$/.test(pid ?? '')) return false;
  return Number(pid) === process.pid ? !inUse.has(name) : !isAlive(Number(pid));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, under another user.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
