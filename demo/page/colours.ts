/** Lines of a chart by position; the colours themselves are in style.css, for light and for dark. */
const paletteSize = 10;

/** States have their colour wherever they appear. */
const states: Readonly<Record<string, string>> = {
  Running: '--state-running',
  Pending: '--state-pending',
  Late: '--state-late',
  AwaitingRetry: '--state-retry',
  AwaitingConcurrencySlot: '--state-slot',
  Paused: '--state-paused',
  Cancelling: '--state-paused',
};

/** The CSS variable for a line. */
export const colourVariable = (label: string, position: number): string =>
  states[label] ?? `--line-${position % paletteSize}`;

/** A canvas needs the colour itself. */
export const resolveColour = (variable: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(variable).trim();
