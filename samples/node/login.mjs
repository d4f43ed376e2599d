// Logs somebody in with a code by SMS: what a backend does, call by call. Needs Node.js 20 or newer and no packages.
//
//   node samples/node/login.mjs +447700900123
//
// Beside a server that was started by "dotnet run --project src/Watchword.Server" nothing has to be set: the code is in its inbox. For another
// server set WATCHWORD_URL, CLIENT_ID and CLIENT_SECRET.
import { createInterface } from 'node:readline/promises';

const number = process.argv[2];
const url = process.env.WATCHWORD_URL ?? 'http://localhost:5080';
if (!number)
  fail('usage: node login.mjs NUMBER, for example +447700900123');

const credentials = process.env.CLIENT_ID
  ? { client_id: process.env.CLIENT_ID, client_secret: process.env.CLIENT_SECRET }
  : await (await fetch(`${url}/development/demo`)).json();

// A token for the backend itself. It is good for an hour: kept, and fetched anew a minute before its end.
let token = { value: '', until: 0 };
async function clientToken() {
  if (Date.now() > token.until) {
    const { client_id, client_secret } = credentials;
    const answer = await fetch(`${url}/oidc/token`, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'client_credentials', client_id, client_secret }),
    });
    const body = await answer.json();
    if (!answer.ok)
      fail(`No client token: ${body.error_description ?? body.error}`);
    token = { value: body.access_token, until: Date.now() + (body.expires_in - 60) * 1000 };
  }
  return token.value;
}

async function call(path, body) {
  const answer = await fetch(url + path, {
    method: 'POST',
    headers: { 'Authorization': `Bearer ${await clientToken()}`, 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  return { status: answer.status, wait: answer.headers.get('Retry-After'), ...(text ? JSON.parse(text) : {}) };
}

const user = { identifier_type: 'phone_number', identifier: number };

// The user. 409 says that there is one already, which is fine.
const created = await call('/cis/v1/users', { phone_number: number });
if (![201, 409].includes(created.status))
  fail(created.message);

// The code. It works only with the request id, which stays in this process: whoever reads it elsewhere has no use for it.
const sent = await call('/cis/v1/auth/otp/send', { channel: 'sms', ...user, generate_request_id: true });
if (sent.status !== 200)
  fail(sent.wait ? `${sent.message} (${sent.wait} s)` : sent.message);

// The tokens for the code. 400: wrong or too old. 403: locked for a while, after too many.
const terminal = createInterface({ input: process.stdin });
const lines = terminal[Symbol.asyncIterator]();
let login;
do {
  process.stdout.write('Code: ');
  const { value: code, done } = await lines.next();
  if (done)
    fail('No code.');
  login = await call('/cis/v1/auth/otp/authenticate', { passcode: code.trim(), ...user, request_id: sent.request_id });
  if (login.status !== 200)
    console.log(login.message);
  if (![200, 400].includes(login.status))
    fail('Not logged in.');
} while (login.status !== 200);
terminal.close();

// Who it is: the ID token came straight from the server, so reading it will do. A token that a browser brings has to be verified.
const { sub, amr } = JSON.parse(Buffer.from(login.id_token.split('.')[1], 'base64url'));
console.log(`Logged in: ${sub} by ${amr.join(' and ')}`);

// Fresh tokens, an hour later. Each refresh token works once: keep the new one.
const refreshed = await call('/cis/v1/auth/token/refresh', { refresh_token: login.refresh_token });
if (refreshed.status !== 200)
  fail(refreshed.message);
console.log('Refreshed.');

// Logged out: all tokens of the session are refused from now on.
const out = await call('/cis/v1/auth/session/logout', { session_id: login.session_id });
if (out.status !== 204)
  fail(out.message);
console.log('Logged out.');

function fail(message) {
  console.error(Array.isArray(message) ? message.join('\n') : message);
  process.exit(1);
}
