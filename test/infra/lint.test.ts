import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { type RequiredServer, requireServer } from '../support/real/require-server.ts';
import { arguedFindings } from './argued-findings.ts';
import { standardOutput } from './standard-output.ts';
import { goldenFile, goldenStageNames } from './template.ts';

const cfnLint = await requireServer('cfn-lint');
const checkov = await requireServer('checkov');

/** Programs of Python take seconds, on a busy machine many. */
const timeout = 120_000;

const files = goldenStageNames.map((stage) => fileURLToPath(goldenFile(stage)));

interface Finding {
  readonly rule: string;
  readonly resource: string;
  /** For a person who sees a new one. */
  readonly text: string;
}

const lintReport = z.array(
  z.object({
    Rule: z.object({ Id: z.string() }),
    Message: z.string(),
    Filename: z.string(),
    Location: z.object({ Path: z.array(z.union([z.string(), z.number()])).nullish() }),
  }),
);

const checkovReport = z.object({
  summary: z.object({ parsing_errors: z.literal(0), resource_count: z.int().min(50) }),
  results: z.object({
    failed_checks: z.array(
      z.object({ check_id: z.string(), check_name: z.string(), resource: z.string(), file_path: z.string() }),
    ),
  }),
});

/** What a Python program prints, in an empty home. */
async function printed(program: RequiredServer, args: readonly string[]): Promise<unknown> {
  const home = await mkdtemp(join(tmpdir(), 'lint-'));
  try {
    const { binary } = program.installed();
    return JSON.parse(await standardOutput(binary, args, { HOME: home, PATH: process.env.PATH }));
  } finally {
    await rm(home, { recursive: true });
  }
}

async function lintFindings(): Promise<readonly Finding[]> {
  const script = join(cfnLint.installed().directory, 'bin/cfn-lint');
  const report = lintReport.parse(await printed(cfnLint, [script, '--format', 'json', '--', ...files]));
  return report.map(({ Rule, Message, Filename, Location }) => ({
    rule: Rule.Id,
    resource: String(Location.Path?.[1] ?? ''),
    text: `${Filename}: ${Message}`,
  }));
}

async function checkovFindings(): Promise<readonly Finding[]> {
  const options = [
    '--framework',
    'cloudformation',
    '--compact',
    '--quiet',
    '--skip-download',
    '--output',
    'json',
  ];
  const named = files.flatMap((file) => ['--file', file]);
  const report = checkovReport.parse(await printed(checkov, ['-m', 'checkov.main', ...options, ...named]));
  return report.results.failed_checks.map(({ check_id, check_name, resource, file_path }) => ({
    rule: check_id,
    resource: resource.slice(resource.lastIndexOf('.') + 1).replace(/^Secret.+/, 'Secret'),
    text: `${file_path}: ${check_name}`,
  }));
}

const isArguedBy = ({ rule, resource }: Finding) =>
  arguedFindings.find((argued) => argued.rule === rule && argued.resource === resource);

const argumentsOf = (rules: RegExp) => arguedFindings.filter(({ rule }) => rules.test(rule));

describe.skipIf(cfnLint.missing)('cfn-lint', () => {
  it('finds nothing in the packaged templates but what is argued, and all of that', { timeout }, async () => {
    const findings = await lintFindings();
    expect(findings.filter((finding) => isArguedBy(finding) === undefined)).toEqual([]);
    expect(new Set(findings.map(isArguedBy))).toEqual(new Set(argumentsOf(/^[EWI]\d/)));
  });
});

describe.skipIf(checkov.missing)('checkov', () => {
  it('finds nothing in the packaged templates but what is argued, and all of that', { timeout }, async () => {
    const findings = await checkovFindings();
    expect(findings.filter((finding) => isArguedBy(finding) === undefined)).toEqual([]);
    expect(new Set(findings.map(isArguedBy))).toEqual(new Set(argumentsOf(/^CKV/)));
  });
});
