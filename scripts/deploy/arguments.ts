import { parseArgs } from 'node:util';

export const commands = ['package', 'deploy', 'remove'] as const;
export type Command = (typeof commands)[number];

export interface Arguments {
  readonly command: Command;
  readonly stage: string;
  /** Instead of the region of the stage file. */
  readonly region: string | undefined;
  readonly awsProfile: string | undefined;
  readonly skipCheck: boolean;
  /** A ledger or a secret of the running stack is not needed any more. */
  readonly acceptChanges: boolean;
}

export const usage = `npm run package -- --stage <stage> [--region <region>]     builds, and writes the template to .serverless/; asks nobody
npm run deploy -- --stage <stage> [--region <region>] [--aws-profile <profile>] [--skip-check] [--accept-changes]
npm run remove -- --stage <stage> [--region <region>] [--aws-profile <profile>]

A stage is a file stages/<stage>.yml; stages/example-grafana-cloud.yml explains what is in it.`;

/** npm takes `--stage prod` for itself, and passes on `prod`. */
const behindDashes = 'Options stand behind a -- of their own: npm run deploy -- --stage prod';

/** Throws with a message for the person who typed it. */
export function readArguments(given: readonly string[]): Arguments {
  const { values, positionals } = parseArgs({
    args: [...given],
    allowPositionals: true,
    options: {
      stage: { type: 'string' },
      region: { type: 'string' },
      'aws-profile': { type: 'string' },
      'skip-check': { type: 'boolean', default: false },
      'accept-changes': { type: 'boolean', default: false },
    },
  });
  const command = commands.find((known) => known === positionals[0]);
  if (command === undefined || positionals.length > 1)
    throw new Error(`Found ${JSON.stringify(positionals)}, expected one command. ${behindDashes}`);
  if (values.stage === undefined) throw new Error(`--stage is missing. ${behindDashes}`);
  return {
    command,
    stage: values.stage,
    region: values.region,
    awsProfile: values['aws-profile'],
    skipCheck: values['skip-check'],
    acceptChanges: values['accept-changes'],
  };
}
