// Plain upstream: answers every POST with one chat completion at once. argv: PORT
import http from 'node:http';
const body = Buffer.from(
  JSON.stringify({
    id: 'chatcmpl-AbCdEfGhIjKlMnOpQrStUvWxYz012',
    object: 'chat.completion',
    created: 1_794_268_190,
    model: 'gpt-3.5-turbo-0125',
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content:
            'Many backs to bear one load,\nmany roads to one abode;\nnone is idle, none is spent,\nwork is where the work is sent.',
          refusal: null,
        },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
    usage: { prompt_tokens: 31, completion_tokens: 33, total_tokens: 64 },
    system_fingerprint: 'fp_44709d6fcb',
  }),
);
const headers = [
  'content-type',
  'application/json',
  'content-length',
  String(body.length),
  'x-request-id',
  'req_0123456789abcdef',
  'openai-processing-ms',
  '212',
  'x-ratelimit-limit-requests',
  '10000',
  'x-ratelimit-remaining-requests',
  '9999',
];
const server = http.createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    response.writeHead(200, headers);
    response.end(body);
  });
});
server.keepAliveTimeout = 3600e3;
server.listen(Number(process.argv[2]), '127.0.0.1');
