import type { ServerName } from '../../../scripts/real-servers/catalog.ts';
import {
  type InstalledServer,
  readInstalled,
  readMissingReason,
} from '../../../scripts/real-servers/installed.ts';

/** A server that a test file wants, on this machine or not. */
export interface RequiredServer {
  readonly name: ServerName;
  /** For `describe.skipIf(server.missing)`. */
  readonly missing: boolean;
  /** Throws when it is missing. */
  installed(): InstalledServer;
}

/**
 * For the top of a test file. Where CI=true a missing server fails the file; elsewhere its suite is to be skipped,
 * and a line on standard error says so.
 */
export async function requireServer(name: ServerName): Promise<RequiredServer> {
  const server = readInstalled(name);
  const problem = `${name} is missing: ${readMissingReason(name) ?? 'never set up'}. Run scripts/real-servers.ts.`;
  if (server === undefined) {
    if (process.env.CI === 'true') throw new Error(problem);
    process.stderr.write(`SKIPPED SUITE: ${problem}\n`);
  }
  return {
    name,
    missing: server === undefined,
    installed() {
      if (server === undefined) throw new Error(problem);
      return server;
    },
  };
}
