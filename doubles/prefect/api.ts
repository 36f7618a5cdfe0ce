import { gzipSync } from 'node:zlib';
import type { Clock } from '../../lib/clock.ts';
import type { Fault } from '../faults.ts';
import { type LocalServer, type ReceivedRequest, type Reply, startServer } from '../server.ts';
import { answerJson, detail, type Route, type ServerContext } from './call.ts';
import { dialectOf } from './dialect.ts';
import { eventRoutes } from './event-routes.ts';
import { filterShapes } from './filter-shapes.ts';
import { type Csrf, type CsrfOptions, createCsrf, refuseBasic, refuseBearer } from './guards.ts';
import { objectRoutes } from './object-routes.ts';
import { pollingRoutes } from './polling-routes.ts';
import { answerRequest } from './router.ts';
import { cloudRunRoutes, runRoutes } from './run-routes.ts';
import type { Database, Ties } from './sorting.ts';
import { taskRunRoutes } from './task-run-routes.ts';
import type { Workspace } from './workspace.ts';
import { writeRoutes } from './write-routes.ts';

export interface CloudOptions {
  readonly apiKey: string;
  readonly accountId: string;
  readonly workspaceId: string;
  /** Handles and names of `/me/workspaces`. */
  readonly accountHandle?: string;
  readonly workspaceHandle?: string;
}

export interface PrefectDoubleOptions {
  readonly workspace: Workspace;
  /** Dates answers and CSRF tokens, and times the fault `slow-headers`. */
  readonly clock: Clock;
  /** As of `GET /admin/version`. Default 3.9.1; 2.x answers as Prefect 2. */
  readonly version?: string;
  /** Largest and default `limit`. */
  readonly pageLimit?: number;
  /** `user:password` of Basic authentication. */
  readonly auth?: string;
  readonly csrf?: CsrfOptions;
  readonly cloud?: CloudOptions;
  /** Default: Prefect 3 does, Prefect 2 does not. */
  readonly keepsEvents?: boolean;
  readonly database?: Database;
  readonly ties?: Ties;
  /** Serves the writes by which the contract suite makes its workload. */
  readonly writable?: boolean;
  /** Called before a request is answered; may change the workspace, between two pages for instance. */
  readonly beforeAnswer?: (request: PrefectRequest) => void | Promise<void>;
  /** 0, the default, takes a free one. */
  readonly port?: number;
}

export interface PrefectRequest {
  readonly method: string;
  /** Below the API's base, such as `/flow_runs/filter`. */
  readonly path: string;
  /** As sent; undefined when there is none or it is not JSON. */
  readonly body: unknown;
}

export interface PrefectDouble {
  /** What `PREFECT_API_URL` is set to, without a slash at its end. */
  readonly apiUrl: string;
  readonly server: LocalServer;
  readonly workspace: Workspace;
  /** What asked for work instead of reading; must stay empty. */
  readonly violations: readonly string[];
  /** Whole requests, in order of arrival. */
  requests(): readonly PrefectRequest[];
  /** Every request whose path (below the base) is this one fails, until undefined is given. */
  fail(path: string, fault: Fault | undefined): void;
  stop(): Promise<void>;
}

/** A Prefect server, or Cloud, in front of an in-memory workspace. */
export async function startPrefectDouble(options: PrefectDoubleOptions): Promise<PrefectDouble> {
  const context = contextOf(options);
  const base = options.cloud
    ? `/api/accounts/${options.cloud.accountId}/workspaces/${options.cloud.workspaceId}`
    : '/api';
  const csrf = createCsrf(options.csrf, { ...options, chance: context.workspace.chance, ...context });
  const answer = options.cloud
    ? cloudAnswer(context, options.cloud, base)
    : serverAnswer(context, options, csrf);
  const handler = async (request: ReceivedRequest) => {
    await options.beforeAnswer?.(seen(request, base));
    return dressed(answer(request), request, options.clock);
  };
  const failing = new Map<string, Fault>();
  const server = await startServer(handler, { clock: options.clock, port: options.port ?? 0 });
  server.faults.when((request) => failing.get(seen(request, base).path));
  return {
    apiUrl: `${server.url.origin}${base}`,
    server,
    workspace: options.workspace,
    violations: options.workspace.violations,
    requests: () => server.requests.map((request) => seen(request, base)),
    fail: (path, fault) => {
      if (fault) failing.set(path, fault);
      else failing.delete(path);
    },
    stop: server.stop,
  };
}

function contextOf(options: PrefectDoubleOptions): ServerContext {
  const { workspace, version = '3.9.1', pageLimit = 200 } = options;
  const dialect = dialectOf(version);
  return {
    workspace,
    dialect,
    shapes: filterShapes(dialect),
    ordering: {
      database: options.database ?? 'sqlite',
      ties: options.ties ?? 'as-stored',
      random: workspace.chance.random,
    },
    pageLimit,
    isCloud: options.cloud !== undefined,
    keepsEvents: options.keepsEvents ?? dialect.major === 3,
  };
}

type Answer = (request: ReceivedRequest) => Reply;

/** CSRF is checked before authentication, as by the server's middleware. */
function serverAnswer(context: ServerContext, options: PrefectDoubleOptions, csrf: Csrf): Answer {
  const routes = [
    ...runRoutes,
    ...taskRunRoutes,
    ...objectRoutes,
    ...eventRoutes,
    ...pollingRoutes,
    ...(options.writable ? writeRoutes : []),
    fixedRoute('/health', true),
    fixedRoute('/hello', '👋'),
    fixedRoute('/admin/version', context.dialect.version),
  ];
  return (request) => {
    // The middleware comes before the routes: an address that does not exist wants a token, too.
    if (!request.path.startsWith('/api/')) return csrf.refuse(request) ?? detail('Not Found', 404);
    const { path, query } = below(request, '/api');
    const isOpen = request.method === 'GET' && path === '/health';
    const refusal = csrf.refuse(request) ?? (isOpen ? undefined : refuseBasic(options.auth, request));
    if (refusal) return refusal;
    if (request.method === 'GET' && path === '/csrf-token') return csrf.token(query.get('client'));
    return routed(context, routes, request, path);
  };
}

/** Cloud has neither versions nor CSRF tokens; what it lacks is 404. */
function cloudAnswer(context: ServerContext, cloud: CloudOptions, base: string): Answer {
  const routes = [
    ...cloudRunRoutes,
    ...taskRunRoutes,
    ...objectRoutes,
    ...eventRoutes,
    ...pollingRoutes,
    fixedRoute('/health', true),
  ];
  return (request) => {
    const path = request.path.split('?')[0] ?? '';
    if (path === '/api/health') return answerJson(true);
    const refusal = refuseBearer(cloud.apiKey, request);
    if (refusal) return refusal;
    if (path === '/api/me/workspaces') return answerJson([workspaceEntry(cloud)]);
    if (!path.startsWith(`${base}/`)) return detail('Not Found', 404);
    return routed(context, routes, request, below(request, base).path);
  };
}

function workspaceEntry(cloud: CloudOptions) {
  const { accountHandle = 'account', workspaceHandle = 'workspace' } = cloud;
  return {
    account_id: cloud.accountId,
    account_name: accountHandle,
    account_handle: accountHandle,
    workspace_id: cloud.workspaceId,
    workspace_name: workspaceHandle,
    workspace_description: '',
    workspace_handle: workspaceHandle,
  };
}

const fixedRoute = (path: string, value: string | boolean): Route => ({
  method: 'GET',
  path,
  answer: () => answerJson(value),
});

function routed(
  context: ServerContext,
  routes: readonly Route[],
  request: ReceivedRequest,
  path: string,
): Reply {
  const { method, headers, body } = request;
  return answerRequest(context, routes, { method, path, headers, bodyText: body.toString('utf8') });
}

function below(request: ReceivedRequest, base: string): { path: string; query: URLSearchParams } {
  const [whole = '', query = ''] = request.path.split('?');
  return {
    path: whole.startsWith(base) ? whole.slice(base.length) : whole,
    query: new URLSearchParams(query),
  };
}

function seen(request: ReceivedRequest, base: string): PrefectRequest {
  const text = request.body.toString('utf8');
  let body: unknown;
  try {
    body = text === '' ? undefined : JSON.parse(text);
  } catch {
    body = undefined;
  }
  return { method: request.method, path: below(request, base).path, body };
}

const smallestGzip = 500;

/** With the date of the injected clock, compressed when asked and worth it (GZipMiddleware). */
function dressed(reply: Reply, request: ReceivedRequest, clock: Clock): Reply {
  const headers = { ...reply.headers, date: new Date(clock.now()).toUTCString(), server: 'uvicorn' };
  const body = Buffer.from(reply.body ?? '');
  const isWanted = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
  if (!isWanted || body.length < smallestGzip) return { ...reply, headers };
  return {
    ...reply,
    headers: { ...headers, 'content-encoding': 'gzip', vary: 'Accept-Encoding' },
    body: gzipSync(body),
  };
}
