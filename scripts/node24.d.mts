/** Path of a Node 24 binary. Throws when the platform has none and the running Node is older. */
export function findNode24(): string;
/** Starts Node 24 with these arguments on the terminal of this process and ends as it ends. */
export function runNode24(args: readonly string[]): void;
