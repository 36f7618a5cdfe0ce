/** Aborted at the first SIGINT or SIGTERM. A later one does nothing: the tick that runs ends by itself. */
export function createStopSignal(process: NodeJS.Process): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => controller.abort());
  return controller.signal;
}
