import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../lib/clock.ts';
import { comparable } from '../contracts/comparable.ts';
import { prefectApiContract } from '../contracts/prefect-api.ts';
import { questions } from '../contracts/prefect-questions.ts';
import type { ContractOptions, ContractServer } from '../contracts/prefect-scene.ts';
import { startContractDouble } from '../support/prefect-double.ts';
import { type PrefectReply, type PrefectRequests, prefectRequests } from '../support/prefect-requests.ts';
import { startPrefect } from '../support/real/prefect.ts';
import { type RequiredServer, requireServer } from '../support/real/require-server.ts';
import { makeSmallWorkload } from '../support/small-workload.ts';
import { workloadWriter } from '../support/workload.ts';

const servers = [
  { required: await requireServer('prefect-3'), major: 3, version: '3.9.1' },
  { required: await requireServer('prefect-2'), major: 2, version: '2.20.25' },
] as const;

async function startReal(
  required: RequiredServer,
  { events, ...options }: ContractOptions = {},
): Promise<ContractServer> {
  const { apiUrl, stop } = await startPrefect(required, {
    ...options,
    ...(events === true && { loops: ['event_persister'] }),
    ...(events === false && { settings: { PREFECT_EXPERIMENTAL_EVENTS: 'false' } }),
  });
  return { apiUrl, nowMs: systemClock.now, stop };
}

for (const { required, major, version } of servers) {
  prefectApiContract({
    name: `real ${version}`,
    major,
    skip: required.missing,
    start: (options) => startReal(required, options),
  });

  describe.skipIf(required.missing)(`the double answers as Prefect ${version}`, () => {
    let real: ContractServer;
    let double: ContractServer;
    const pairs: { title: string; isOrdered: boolean; ask: () => Promise<PrefectReply[]> }[] = [];

    beforeAll(async () => {
      const nowMs = Math.floor(systemClock.now() / 1000) * 1000;
      real = await startReal(required);
      double = await startContractDouble(version, { nowMs });
      const [asked, alike] = await Promise.all([
        sceneOf(prefectRequests(real.apiUrl), nowMs, major),
        sceneOf(prefectRequests(double.apiUrl), nowMs, major),
      ]);
      for (const [index, question] of asked.questions.entries()) {
        const { path, body, isOrdered = false } = question;
        const title = `${path} ${JSON.stringify(body)}`;
        const ask = () =>
          Promise.all([
            asked.api.send('POST', path, body),
            alike.api.send('POST', path, alike.questions[index]?.body),
          ]);
        pairs.push({ title, isOrdered, ask });
      }
    });
    afterAll(async () => {
      await real?.stop();
      await double?.stop();
    });

    test('to every question of the list', { timeout: 60_000 }, async () => {
      expect(pairs.length).toBeGreaterThan(200);
      for (const { title, isOrdered, ask } of pairs) {
        const [fromReal, fromDouble] = (await ask()).map(({ status, json, text }) => ({
          status,
          body: comparable(json ?? text, { isOrdered }),
        }));
        expect(fromDouble, title).toEqual(fromReal);
      }
    });
  });
}

async function sceneOf(api: PrefectRequests, nowMs: number, major: 2 | 3) {
  const workload = await makeSmallWorkload(workloadWriter(api), { nowMs, major });
  return { api, questions: questions(workload, major) };
}
