// What one signed call costs with nothing but Node: the measure of a function's start. CommonJS, as the bundles are.
const { createHash, createHmac } = require('node:crypto');
const { request } = require('node:https');

const hash = (text) => createHash('sha256').update(text).digest('hex');
const hmac = (key, text) => createHmac('sha256', key).update(text).digest();

exports.handler = () =>
  new Promise((resolve, reject) => {
    const { AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_ENDPOINT_URL_DYNAMODB } = process.env;
    const { host, hostname, port } = new URL(AWS_ENDPOINT_URL_DYNAMODB);
    const body = JSON.stringify({ TableName: 'T', Key: { k: { S: '1' } } });
    const date = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
    const day = date.slice(0, 8);
    const target = 'DynamoDB_20120810.GetItem';
    const names = 'host;x-amz-date;x-amz-target';
    const canonical = `POST\n/\n\nhost:${host}\nx-amz-date:${date}\nx-amz-target:${target}\n\n${names}\n${hash(body)}`;
    const scope = `${day}/${AWS_REGION}/dynamodb/aws4_request`;
    const key = [AWS_REGION, 'dynamodb', 'aws4_request'].reduce(hmac, hmac(`AWS4${AWS_SECRET_ACCESS_KEY}`, day));
    const signature = hmac(key, `AWS4-HMAC-SHA256\n${date}\n${scope}\n${hash(canonical)}`).toString('hex');
    const authorization = `AWS4-HMAC-SHA256 Credential=${AWS_ACCESS_KEY_ID}/${scope}, SignedHeaders=${names}, Signature=${signature}`;
    const headers = {
      host,
      'x-amz-date': date,
      'x-amz-target': target,
      'content-type': 'application/x-amz-json-1.0',
      authorization,
    };
    const call = request({ hostname, port, method: 'POST', headers }, (answer) => {
      answer.on('data', () => {});
      answer.on('end', resolve);
    });
    call.on('error', reject);
    call.end(body);
  });
