/** What was started, to be stopped in the opposite order. */
export interface Closing {
  add(stop: () => Promise<void>): void;
  close(): Promise<void>;
}

export function createClosing(): Closing {
  const stops: (() => Promise<void>)[] = [];
  return {
    add: (stop) => stops.push(stop),
    async close() {
      for (const stop of stops.splice(0).reverse()) await stop();
    },
  };
}
