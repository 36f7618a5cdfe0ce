import { ledgerVariables } from './ledger.ts';
import { logVariables } from './log.ts';
import { networkVariables } from './network.ts';
import { prefectVariables } from './prefect.ts';
import { pushgatewayVariables } from './pushgateway.ts';
import { remoteWriteVariables } from './remote-write.ts';
import { secretsVariables } from './secrets.ts';
import { seriesVariables } from './series.ts';
import { awsRegionVariable } from './sigv4.ts';
import { storeVariables } from './store.ts';
import { tickVariables } from './tick.ts';
import { fileFormOf, type Variable } from './variable.ts';
import { workspacesVariables } from './workspaces.ts';

/** Every variable there is, in the order of docs/CONFIGURATION.md. */
export const variables: readonly Variable[] = [
  ...Object.values(prefectVariables),
  ...Object.values(remoteWriteVariables),
  awsRegionVariable,
  ...Object.values(pushgatewayVariables),
  ...Object.values(secretsVariables),
  ...Object.values(workspacesVariables),
  ...Object.values(tickVariables),
  ...Object.values(storeVariables),
  ...Object.values(seriesVariables),
  ...Object.values(ledgerVariables),
  ...Object.values(networkVariables),
  ...Object.values(logVariables),
];

/** Every name that means something to us: those of the table and the `_FILE` forms of secrets. */
export const variableNames: readonly string[] = variables.flatMap((variable) =>
  variable.secret ? [variable.name, fileFormOf(variable)] : [variable.name],
);
