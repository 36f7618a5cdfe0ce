import { prefectApiContract } from '../contracts/prefect-api.ts';
import { startContractDouble } from '../support/prefect-double.ts';

prefectApiContract({
  name: 'double of 3.9.1',
  major: 3,
  start: (options) => startContractDouble('3.9.1', options),
});
prefectApiContract({
  name: 'double of 2.20.25',
  major: 2,
  start: (options) => startContractDouble('2.20.25', options),
});
