// Loads one function and calls it once, as a cold start does; prints the milliseconds until its first AWS call is answered.
const { subscribe } = require('node:diagnostics_channel');
const { readFileSync } = require('node:fs');

const [, , file, event] = process.argv;
const parsed = JSON.parse(readFileSync(event, 'utf8'));
const began = performance.now();
subscribe('http.client.response.finish', ({ request }) => {
  if (request.method !== 'POST') return;
  process.stdout.write(`${performance.now() - began}\n`);
  process.exit(0);
});
if (file) require(file).handler(parsed, {});
