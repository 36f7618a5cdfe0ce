import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { startDemoProcess } from './demo-process.ts';

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** All addresses on this machine that the demo named: its page, the made-up workspace, the receiver. */
const namedPorts = (output: string): number[] =>
  [...output.matchAll(/http:\/\/127\.0\.0\.1:(\d+)/g)].map(([, port]) => Number(port));

describe('stopping the demo', () => {
  it.each([
    // A terminal signals the whole group and scripts/node24.mjs forwards: the demo hears it more than once.
    ['SIGINT, twice', ['SIGINT', 'SIGINT']],
    ['SIGTERM', ['SIGTERM']],
  ] as const)(
    '%s: exits 0, frees its ports, prints no stack',
    async (_, signals) => {
      const demo = startDemoProcess(['--port', '0', '--every', '1']);
      await demo.printed(/^tick .* pushed .* samples/m);
      const ports = namedPorts(demo.stdout());
      expect(ports).toHaveLength(3);
      expect(await Promise.all(ports.map(isListening))).toEqual([true, true, true]);
      for (const signal of signals) demo.child.kill(signal);
      expect(await demo.ended).toBe(0);
      expect(await Promise.all(ports.map(isListening))).toEqual([false, false, false]);
      expect(demo.stderr()).toBe('');
      expect(demo.stdout()).toMatch(/demo: stopped after \d+ ticks?\n$/);
      expect(demo.stdout()).toMatch(/^next: npx prefect-push-exporter preview, with PREFECT_API_URL/m);
    },
    90_000,
  );

  it('says which port is in use', async () => {
    const first = startDemoProcess(['--port', '0']);
    const [, port] = await first.printed(/^ +http:\/\/127\.0\.0\.1:(\d+)\/$/m);
    const second = startDemoProcess(['--port', String(port)]);
    expect(await second.ended).toBe(1);
    expect(second.stderr()).toContain(`--port: ${port} is in use`);
    first.child.kill('SIGTERM');
    expect(await first.ended).toBe(0);
  }, 90_000);
});
