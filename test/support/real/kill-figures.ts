import type { KilledExporter } from './killed-exporter.ts';
import type { PrefectServer } from './prefect.ts';

/** Tells on standard output what was done to exporters, and how much there was to count. */
export async function tellFigures(
  title: string,
  {
    prefect,
    exporters,
    tookMs,
  }: { prefect: PrefectServer; exporters: readonly KilledExporter[]; tookMs: number },
): Promise<void> {
  const [finished] = await prefect.sql('SELECT count(*) AS ends, count(DISTINCT run_id) AS runs FROM finish');
  const lines = exporters.map(({ name, figures, answers }) => {
    const requests = answers.reduce((sum, answer) => sum + answer.requests + answer.push.requests, 0);
    return `  ${name} ${JSON.stringify({ ...figures, answers: answers.length, requests })}\n`;
  });
  const text = `${title}: ${Math.round(tookMs / 1000)} s, ${JSON.stringify(finished)}\n${lines.join('')}`;
  process.stdout.write(text);
}
