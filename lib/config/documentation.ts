import { markdownTable } from '../markdown-table.ts';
import { assignment } from './show.ts';
import type { Group, Variable } from './variable.ts';
import { variables } from './variables.ts';

const introduction = `# Configuration

<!-- Generated from the tables in lib/config by \`npm run docs\`; do not edit. -->

Everything is set by environment variables. \`PREFECT_API_URL\` and exactly one of \`REMOTE_WRITE_URL\` and
\`PUSHGATEWAY_URL\` are needed, the rest has defaults. \`prefect-push-exporter check\` tries what is set.

**Mistakes.** Whatever cannot be used stops the program before it sends anything, all problems in one message, each
with a name that is explained in [TROUBLESHOOTING.md](TROUBLESHOOTING.md). Names that look like one of these and are
none stop it too: a variable with a typing error would otherwise do nothing.

**Empty is unset.** \`NAME=\` is as if the variable were not there.

**Secrets** are marked _secret_. Each can be given as \`NAME_FILE\`, the path of a file with the value, as Docker and
Kubernetes mount them; line breaks at its end do not count. Setting both is a mistake. Each can also be the ARN of a
secret of AWS Secrets Manager, or of a parameter of the Parameter Store, that is the value alone; and \`SECRET_ARN\` names
one JSON secret with any of these variables: [SECRETS.md](SECRETS.md). No message, log line or metric shows a secret;
messages show its length and, of known kinds of token, the prefix.

**\`--env-file <path>\`** reads \`NAME=value\` lines on the command line, in the syntax of Node's option of that name.
What the environment already has wins, even when it is empty. The AWS SDK does not see the file: names that are not on this
page, such as \`AWS_PROFILE\` and \`AWS_ACCESS_KEY_ID\`, have to be in the environment itself.

**On and off** are written \`true\`, \`1\`, \`yes\`, \`on\` and \`false\`, \`0\`, \`no\`, \`off\`, in any case.

**Patterns** are JavaScript regular expressions and are searched for anywhere in the name: \`^etl$\` matches \`etl\`
only, \`etl\` also \`my-etl-2\`.
`;

/** docs/CONFIGURATION.md, from the table of variables. */
export function renderConfigurationDocumentation(): string {
  const groups = [...new Set(variables.map(({ group }) => group))];
  return [introduction, ...groups.map(section)].join('\n');
}

function section(group: Group): string {
  const rows = variables.filter((variable) => variable.group === group).map(row);
  const head = ['variable', 'default', 'value', 'example', 'meaning'];
  return `## ${group}\n\n${markdownTable([head, ...rows])}\n`;
}

const row = (variable: Variable): readonly string[] => [
  `\`${variable.name}\`${variable.secret ? ' _secret_' : ''}`,
  variable.default === undefined ? unsetCell(variable.unset) : `\`${variable.default}\``,
  variable.expected.replaceAll('<', '&lt;'),
  `\`${assignment(variable.name, variable.example)}\``,
  variable.description,
];

const unsetCell = (unset: string): string => (unset === 'required' ? '**required**' : unset);
