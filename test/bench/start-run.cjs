// Loads one function and calls it once, as a cold start does; prints the milliseconds until its first AWS call is answered.
// A function that calls nothing has answered by then. A refusal would have measured nothing: it is told instead.
const { subscribe } = require('node:diagnostics_channel');
const { readFileSync } = require('node:fs');

const [, , file, event] = process.argv;
const parsed = JSON.parse(readFileSync(event, 'utf8'));
const began = performance.now();
subscribe('http.client.response.finish', () => {
  process.stdout.write(`${performance.now() - began}\n`);
  process.exit(0);
});
if (file)
  Promise.resolve(require(file).handler(parsed, {})).then(({ statusCode = 500, body } = {}) => {
    process.stdout.write(statusCode < 400 ? `${performance.now() - began}\n` : `refused: ${statusCode} ${body}\n`);
    process.exit(0);
  });
