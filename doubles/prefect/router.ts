import type { Reply } from '../server.ts';
import { answerJson, detail, type Route, type ServerContext } from './call.ts';
import { type Issue, renderIssue } from './issues.ts';
import { isObject, type Json, type JsonObject } from './json.ts';
import { bodyIssues } from './shapes.ts';

/** A request below the API's base path. */
export interface ApiRequest {
  readonly method: string;
  /** Without base path and query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly bodyText: string;
}

/** Finds the route, checks the body as FastAPI does, and answers. */
export function answerRequest(context: ServerContext, routes: readonly Route[], request: ApiRequest): Reply {
  const found = findRoute(routes, request);
  if (found === undefined) return notFound(routes, request);
  const body = parseBody(context, request);
  if (!body.ok) return body.reply;
  const limitProblem = limitReply(context, found.route, body.value);
  if (limitProblem) return limitProblem;
  const issues = issuesOf(context, found.route, body.value);
  if (issues.length > 0) return invalid(context, issues, body.value);
  return found.route.answer({
    context,
    body: isObject(body.value) ? body.value : {},
    items: Array.isArray(body.value) ? body.value : [],
    parts: found.parts,
  });
}

function findRoute(routes: readonly Route[], { method, path }: Pick<ApiRequest, 'method' | 'path'>) {
  for (const route of routes) {
    const parts = route.method === method ? matchPath(route.path, path) : undefined;
    if (parts) return { route, parts };
  }
  return undefined;
}

function matchPath(template: string, path: string): readonly string[] | undefined {
  const wanted = template.split('/');
  const segments = path.split('/');
  if (wanted.length !== segments.length) return undefined;
  const parts: string[] = [];
  for (const [index, segment] of segments.entries()) {
    if (wanted[index] === '{}') parts.push(decodeURIComponent(segment));
    else if (wanted[index] !== segment) return undefined;
  }
  return parts;
}

/** Starlette redirects to the same path with or without a slash at its end, when there is such a route. */
function notFound(routes: readonly Route[], request: ApiRequest): Reply {
  const { path, headers } = request;
  const other = path.endsWith('/') ? path.slice(0, -1) : `${path}/`;
  if (findRoute(routes, { method: request.method, path: other })) {
    return { status: 307, headers: { location: `http://${headers.host ?? ''}/api${other}` } };
  }
  const isKnown = routes.some((route) => matchPath(route.path, path) !== undefined);
  return isKnown ? detail('Method Not Allowed', 405) : detail('Not Found', 404);
}

type ParsedBody = { readonly ok: true; readonly value: Json } | { readonly ok: false; readonly reply: Reply };

/** A body that does not say it is JSON is left unread by Prefect 3: 200 and no filter at all. */
function parseBody(context: ServerContext, { headers, bodyText }: ApiRequest): ParsedBody {
  const type = headers['content-type'];
  const isJson = type === undefined || /^application\/([^;]+\+)?json/i.test(type);
  if (bodyText === '' || !isJson) {
    return { ok: true, value: isJson || context.dialect.major === 3 ? null : bodyText };
  }
  try {
    return { ok: true, value: JSON.parse(bodyText) };
  } catch {
    return { ok: false, reply: notJson(context, bodyText) };
  }
}

function notJson(context: ServerContext, bodyText: string): Reply {
  const isObjectStart = bodyText.startsWith('{');
  const at = isObjectStart ? 1 : 0;
  const error = isObjectStart ? 'Expecting property name enclosed in double quotes' : 'Expecting value';
  const loc = ['body', at];
  const issue: JsonObject =
    context.dialect.pydantic === 2
      ? { type: 'json_invalid', loc, msg: 'JSON decode error', input: {}, ctx: { error } }
      : {
          loc,
          msg: `${error}: line 1 column ${at + 1} (char ${at})`,
          type: 'value_error.jsondecode',
          ctx: { msg: error, doc: bodyText, pos: at, lineno: 1, colno: at + 1 },
        };
  return refusal([issue], bodyText);
}

/** The limit is a dependency: it is refused before anything else in the body is looked at. */
function limitReply(context: ServerContext, route: Route, body: Json): Reply | undefined {
  if (!isObject(body) || !route.fields || !Object.hasOwn(route.fields(context), 'limit')) return undefined;
  const { limit } = body;
  if (typeof limit !== 'number' || !Number.isInteger(limit)) return undefined;
  if (limit < 0) return detail('Invalid limit: must be greater than or equal to 0.', 422);
  if (limit <= context.pageLimit) return undefined;
  return detail(`Invalid limit: must be less than or equal to ${context.pageLimit}.`, 422);
}

function issuesOf(context: ServerContext, route: Route, body: Json): readonly Issue[] {
  const fields = route.fields?.(context) ?? {};
  const isList = body !== null && !isObject(body);
  return bodyIssues(body, fields, isList ? Object.keys(fields) : (route.required ?? []));
}

function invalid(context: ServerContext, issues: readonly Issue[], body: Json): Reply {
  return refusal(
    issues.map((issue) => renderIssue(issue, context.dialect)),
    body,
  );
}

function refusal(issues: readonly Json[], body: Json): Reply {
  const text = {
    exception_message: 'Invalid request received.',
    exception_detail: issues,
    request_body: body,
  };
  return answerJson(text, 422);
}
