// Loaded with --require before aws-lambda-ric: stands in for its compiled rapid-client.node, which npm does not
// build here. The three functions of that module, over the Runtime API of 2018-06-01.
const http = require('node:http');
const Module = require('node:module');

// Lambda's own client keeps one connection, too.
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const [hostname, port] = (process.env.AWS_LAMBDA_RUNTIME_API ?? '').split(':');

function call(method, path, body, headers = {}) {
  return new Promise((resolve, reject) => {
    const request = http.request({
      hostname,
      port,
      method,
      agent,
      path: `/2018-06-01/runtime/invocation/${path}`,
      headers: {
        'content-type': 'application/json',
        ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
        ...headers,
      },
    });
    request.on('error', reject);
    request.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve({ bodyJson: text, headers: response.headers }));
    });
    request.end(body);
  });
}

const rapidClient = {
  next: () => call('GET', 'next'),
  done: (id, body) => void call('POST', `${id}/response`, body),
  error: (id, body) => {
    const type = JSON.parse(body).errorType ?? 'Error';
    void call('POST', `${id}/error`, body, { 'lambda-runtime-function-error-type': type });
  },
};

const load = Module._load;
Module._load = function (request, ...rest) {
  return request.endsWith('rapid-client.node') ? rapidClient : load.call(this, request, ...rest);
};
