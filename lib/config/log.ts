import type { LogConfig } from './config.ts';
import type { Reader } from './reader.ts';
import { oneOf, onOff } from './schemas.ts';
import { defaulted } from './variable.ts';

const group = 'Log';

export const logVariables = {
  level: defaulted({
    name: 'LOG_LEVEL',
    group,
    description:
      'The least severe line that the function writes. Any case; `warning` is `warn`. On the command line a tick always has its line.',
    expected: 'debug, info, warn or error',
    example: 'debug',
    schema: oneOf(['debug', 'info', 'warn', 'warning', 'error']).transform((level) =>
      level === 'warning' ? 'warn' : level,
    ),
    default: 'info',
  }),
  emf: defaulted({
    name: 'EMF',
    group,
    description:
      'Whether the function writes two figures of each tick as CloudWatch metrics: `TickSuccess` and `CursorLagSeconds`, by function and workspace (embedded metric format). Alarms use them; CloudWatch bills each.',
    expected: 'true or false',
    example: 'true',
    schema: onOff,
    default: 'false',
  }),
};

export const readLog = (reader: Reader): LogConfig => ({
  level: reader.get(logVariables.level),
  emf: reader.get(logVariables.emf),
});
