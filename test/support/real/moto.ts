import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RequiredServer } from './require-server.ts';
import { startServerProcess } from './server-process.ts';

export interface MotoServer {
  readonly url: URL;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  log(): string;
  stop(): Promise<void>;
}

/**
 * moto compares ETags and writes in two steps; S3 does both in one. One request at a time makes it one here too,
 * while clients still race for their turn.
 */
const program = `
import sys
import threading
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple

moto = DomainDispatcherApplication(create_backend_app)
turn = threading.Lock()

def one_at_a_time(environ, start_response):
    with turn:
        return moto(environ, start_response)

run_simple('127.0.0.1', int(sys.argv[1]), one_at_a_time, threaded=True)
`;

export async function startMoto(required: RequiredServer): Promise<MotoServer> {
  const server = await startServerProcess({
    name: required.name,
    binary: required.installed().binary,
    args: ({ port, directory }) => [join(directory, 'serve.py'), String(port)],
    env: ({ directory }) => ({ HOME: directory }),
    prepare: ({ directory }) => writeFile(join(directory, 'serve.py'), program),
    readyPath: '/moto-api/data.json',
  });
  return {
    url: new URL(server.url),
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIDTEST', secretAccessKey: 'test-secret' },
    log: server.log,
    stop: server.stop,
  };
}
