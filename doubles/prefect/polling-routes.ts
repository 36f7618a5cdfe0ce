import { answerJson, type Route } from './call.ts';

/**
 * The requests by which workers ask for work. They mark queues and deployments as polled, so that dead workers
 * look alive: a reader must never send one, and these record that it did.
 */
export const pollingRoutes: readonly Route[] = [
  '/deployments/get_scheduled_flow_runs',
  '/work_pools/{}/get_scheduled_flow_runs',
  '/work_queues/{}/get_runs',
].map((path) => ({
  method: 'POST',
  path,
  answer: ({ context }) => {
    context.workspace.violations.push(`POST ${path}`);
    return answerJson([]);
  },
}));
