// Sets up the servers that the tests run against and prints where they are: real-servers.ts [name…]
import { isServerName, serverNames } from './real-servers/catalog.ts';
import { ensureServers } from './real-servers/ensure.ts';

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !isServerName(name));
if (unknown.length > 0) {
  console.error(`Unknown: ${unknown.join(', ')}. Known: ${serverNames.join(', ')}.`);
  process.exit(2);
}

const names = asked.length === 0 ? serverNames : asked.filter(isServerName);
const servers = await ensureServers(names, { log: (line) => console.error(line) });
for (const [name, server] of servers) {
  const found =
    'missing' in server ? `missing     ${server.missing}` : `${server.version.padEnd(18)}${server.binary}`;
  console.log(`${name.padEnd(18)}${found}`);
}
if ([...servers.values()].some((server) => 'missing' in server)) process.exitCode = 1;
