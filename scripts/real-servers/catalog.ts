// Which real servers the tests run, at which version, and where each comes from.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface DebianSource {
  readonly package: string;
  /** Exact Debian version. When it has left the archive, another one of the same major version is taken. */
  readonly version: string;
  /** File in the package's usr/bin. */
  readonly program: string;
  /** Programs of the same package that tests use too, if it has them. */
  readonly extras: readonly string[];
}

export interface GoSource {
  readonly module: string;
  readonly version: string;
  readonly main: string;
  readonly linkerFlags: string;
}

export interface PackagedServer {
  readonly kind: 'packaged';
  readonly debian: DebianSource;
  /** Built from source where Debian's packages are not to be had. */
  readonly go: GoSource;
}

export interface PythonServer {
  readonly kind: 'python';
  readonly package: string;
  readonly version: string;
  /** `pip freeze` of an environment that works, beside this file. */
  readonly lockFile: string;
}

export interface Browser {
  readonly kind: 'browser';
}

const commonVersion = (version: string) => `-X github.com/prometheus/common/version.Version=${version}`;

const victoriaMetricsVersion =
  '-X github.com/VictoriaMetrics/VictoriaMetrics/lib/buildinfo.Version=victoria-metrics-v1.112.0';

const servers = {
  // 3.9 names a certifi newer than some indexes have; the lock file is installed without asking the resolver.
  'prefect-3': { kind: 'python', package: 'prefect', version: '3.9.1', lockFile: 'prefect-3.lock.txt' },
  'prefect-2': { kind: 'python', package: 'prefect', version: '2.20.25', lockFile: 'prefect-2.lock.txt' },
  'prometheus-3': {
    kind: 'packaged',
    debian: { package: 'prometheus', version: '3.5.3+ds1-6', program: 'prometheus', extras: ['promtool'] },
    go: {
      module: 'github.com/prometheus/prometheus',
      version: 'v0.305.1',
      main: 'cmd/prometheus',
      linkerFlags: commonVersion('3.5.1'),
    },
  },
  // The oldest one that still matters: it has no created timestamps and no Remote-Write 2.0.
  'prometheus-2': {
    kind: 'packaged',
    debian: {
      package: 'prometheus',
      version: '2.42.0+ds-5+deb12u1',
      program: 'prometheus',
      extras: ['promtool'],
    },
    go: {
      module: 'github.com/prometheus/prometheus',
      version: 'v0.42.0',
      main: 'cmd/prometheus',
      linkerFlags: commonVersion('2.42.0'),
    },
  },
  'victoria-metrics': {
    kind: 'packaged',
    debian: {
      package: 'victoria-metrics',
      version: '1.112.0+ds1-2',
      program: 'victoria-metrics',
      extras: [],
    },
    go: {
      module: 'github.com/VictoriaMetrics/VictoriaMetrics',
      version: 'v1.112.0',
      main: 'app/victoria-metrics',
      linkerFlags: victoriaMetricsVersion,
    },
  },
  pushgateway: {
    kind: 'packaged',
    debian: {
      package: 'prometheus-pushgateway',
      version: '1.11.0-1+b6',
      program: 'prometheus-pushgateway',
      extras: [],
    },
    go: {
      module: 'github.com/prometheus/pushgateway',
      version: 'v1.11.0',
      main: '.',
      linkerFlags: commonVersion('1.11.0'),
    },
  },
  // S3 with conditional writes. What its other services would need is not in the lock file.
  moto: { kind: 'python', package: 'moto', version: '5.2.5', lockFile: 'moto.lock.txt' },
  // Everything else of AWS that a deployment touches, with the roles' policies enforced.
  ministack: {
    kind: 'python',
    package: 'ministack',
    version: '1.5.33',
    lockFile: 'ministack.lock.txt',
  },
  // Not servers: they read the packaged templates.
  'cfn-lint': { kind: 'python', package: 'cfn-lint', version: '1.58.0', lockFile: 'cfn-lint.lock.txt' },
  checkov: { kind: 'python', package: 'checkov', version: '3.3.30', lockFile: 'checkov.lock.txt' },
  // Deploys as docs/DEPLOY.md says for those who go without osls.
  awscli: { kind: 'python', package: 'awscli', version: '1.46.3', lockFile: 'awscli.lock.txt' },
  chromium: { kind: 'browser' },
} as const satisfies Record<string, PackagedServer | PythonServer | Browser>;

export type ServerName = keyof typeof servers;

export const catalog: Readonly<Record<ServerName, PackagedServer | PythonServer | Browser>> = servers;

export const serverNames: readonly ServerName[] = Object.keys(servers).filter(isServerName);

export function isServerName(name: string): name is ServerName {
  return Object.hasOwn(servers, name);
}

export function lockFilePath(server: PythonServer): string {
  return fileURLToPath(new URL(server.lockFile, import.meta.url));
}

/** Text that changes whenever what is on disk must be set up anew. */
export function recipeOf(name: ServerName): string {
  const recipe = catalog[name];
  const parts = [JSON.stringify(recipe)];
  if (recipe.kind === 'python') parts.push(readFileSync(lockFilePath(recipe), 'utf8'));
  if (recipe.kind === 'browser') parts.push(process.env.CHROMIUM_PATH ?? '');
  return createHash('sha256').update(parts.join('\n')).digest('hex');
}
