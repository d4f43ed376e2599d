// The welcome page logs a user in with the demo application's credentials, as a backend would, and shows each call for the shell.
import { arrange, bubble, clock, codeIn, copyButton, element, fromNow, keyOf, refreshTimes, watchInbox } from './messages.js';

const byId = id => document.getElementById(id);
const numberField = byId('number');
const codeField = byId('code');
const narrow = matchMedia('(max-width: 700px)');

let demo = null;          // credentials from /development/demo
let clientToken = null;
let newestCode = null;    // in the conversation with the number of step 1
let spentCode = sessionStorage.getItem('spentCode');   // logged in with or killed by a lock, so no longer offered
const bubbles = new Map();

const calls = {
  token: makeCall('token', 'POST', '/oidc/token'),
  user: makeCall('user', 'POST', '/cis/v1/users'),
  send: makeCall('send', 'POST', '/cis/v1/auth/otp/send'),
  authenticate: makeCall('authenticate', 'POST', '/cis/v1/auth/otp/authenticate'),
};

// --- What the forms do -------------------------------------------------------------------------------------------------------

byId('number-form').addEventListener('submit', event => {
  event.preventDefault();
  whileBusy(byId('send'), 'Sending…', sendCode);
});
byId('code-form').addEventListener('submit', event => {
  event.preventDefault();
  whileBusy(byId('log-in'), 'Checking…', logIn);
});
byId('fill').addEventListener('click', () => {
  codeField.value = newestCode ?? '';
  codeField.focus();
});
byId('other-number').addEventListener('click', () => useNumber(nextNumber(number())));
byId('again').addEventListener('click', () => {
  hideOutcome();
  setStage('number');
  say('number-result', '');
  say('code-result', '');
  numberField.focus();
});
numberField.addEventListener('input', numberChanged);

async function sendCode() {
  say('number-result', '');
  say('code-result', '');
  hideOutcome();
  for (const call of Object.values(calls))
    call.reset();
  await loadDemo();
  const steps = [
    () => getClientToken(),
    () => perform(calls.user, userBody()),
    () => perform(calls.send, sendBody()),
  ];
  for (const step of steps) {
    const answer = await step();
    if (!answer.ok && answer.status !== 409)
      return sendRefused(answer);
  }
  say('number-result', 'Sent. The code is on its way to the phone.', 'good');
  byId('send').dataset.label = 'Send again';
  setStage('code');
  codeField.value = '';
  codeField.focus({ preventScroll: narrow.matches });
  if (narrow.matches)
    byId('phone-title').scrollIntoView();
  readInbox();
}

function sendRefused(answer) {
  if (answer.error === 'auth_otp_send_limited') {
    say('number-result', answer.message, 'bad');
    byId('send').dataset.label = 'Send again';
    wait(byId('send'), 'Send again in', answer.retryAfter, () => say('number-result', 'You can send a new code now.'));
  } else if (answer.error === 'auth_locked') {
    locked('number-result', answer);
  } else {
    say('number-result', answer.message, 'wrong');
    numberField.focus();
  }
}

async function logIn() {
  const code = codeField.value.replace(/[\s-]/g, '');
  say('code-result', '');
  if (!code) {
    say('code-result', newestCode ? 'Type the code that is on the phone.' : 'Send a code first, then type it here.', 'wrong');
    codeField.focus();
    return;
  }
  calls.authenticate.reset();
  await loadDemo();
  if (!clientToken)
    await getClientToken();
  let answer = await perform(calls.authenticate, authenticateBody(code));
  if (answer.status === 401) {
    // The page was open for more than an hour.
    await getClientToken();
    answer = await perform(calls.authenticate, authenticateBody(code));
  }
  if (answer.ok) {
    spend(code);
    codeField.value = '';
    say('number-result', '');
    say('code-result', 'Logged in.', 'good');
    showOutcome(answer.body);
  } else {
    loginRefused(answer);
  }
}

function loginRefused(answer) {
  if (answer.error === 'auth_locked') {
    locked('code-result', answer);
  } else if (answer.error === 'auth_otp_passcode_expired') {
    say('code-result', answer.message + ' Send a new one in step 1.', 'bad');
    byId('send').focus();
  } else {
    say('code-result', answer.message, 'wrong');
    codeField.select();
  }
}

/** After too many wrong codes neither sending nor logging in works for a while, with this number. */
function locked(where, answer) {
  const until = answer.retryAfter ? ` The lock ends at ${clock(new Date(Date.now() + answer.retryAfter * 1000)).split(', ')[1]}.` : '';
  say('number-result', '');
  say(where, answer.message + until + ' Another number is not locked.', 'bad');
  spend(newestCode);
  byId('send').dataset.label = 'Send code';
  wait(byId('log-in'), 'Locked for', answer.retryAfter, () => {});
  wait(byId('send'), 'Locked for', answer.retryAfter, unlock);
  byId('other-number').hidden = false;
}

function unlock() {
  byId('other-number').hidden = true;
  say('code-result', '');
  say('number-result', 'The lock is over. You can send a new code now.');
}

function useNumber(value) {
  numberField.value = value;
  numberChanged();
  numberField.focus();
}

/** Limits and locks belong to a number. With another one everything starts anew. */
function numberChanged() {
  for (const button of [byId('send'), byId('log-in')])
    endWait(button);
  hideOutcome();
  setStage('number');
  byId('send').dataset.label = 'Send code';
  byId('send').textContent = 'Send code';
  byId('other-number').hidden = true;
  say('number-result', '');
  say('code-result', '');
  codeField.value = '';
  showConversation([]);
  readInbox();
}

// --- The calls ---------------------------------------------------------------------------------------------------------------

/** The number as typed, without what people put between the digits. */
function number() {
  return numberField.value.replace(/[\s().-]/g, '').replace(/^00/, '+');
}

function userBody() {
  return { phone_number: number() };
}

function sendBody() {
  return { channel: 'sms', identifier_type: 'phone_number', identifier: number() };
}

function authenticateBody(passcode) {
  return { passcode, identifier_type: 'phone_number', identifier: number() };
}

async function loadDemo() {
  const response = await reach('/development/demo', { cache: 'no-store' });
  if (!response.ok)
    throw new Error('The demo application is missing. Restart Watchword, and it makes a new one.');
  const loaded = await response.json();
  if (loaded.client_secret !== demo?.client_secret)
    clientToken = null;
  demo = loaded;
  byId('app-name').textContent = demo.app_name;
  byId('page-fault').hidden = true;
  showCalls();
}

async function getClientToken() {
  const answer = await request(calls.token, {
    body: new URLSearchParams({ grant_type: 'client_credentials', client_id: demo.client_id, client_secret: demo.client_secret }),
  });
  clientToken = answer.body.access_token ?? null;
  return answer;
}

function perform(call, body) {
  return request(call, {
    headers: { Authorization: 'Bearer ' + clientToken, 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
}

async function request(call, options) {
  const started = performance.now();
  call.start();
  let response;
  try {
    response = await reach(call.path, { method: call.method, ...options });
  } catch (error) {
    call.fail();
    throw error;
  }
  const body = await response.json().catch(() => ({}));
  call.finish(response, performance.now() - started);
  return {
    ok: response.ok,
    status: response.status,
    body,
    error: body.error ?? body.error_code,
    message: [body.message ?? body.error_description ?? `The server answered ${response.status}.`].flat().join(' '),
    retryAfter: Number(response.headers.get('Retry-After')) || 0,
  };
}

async function reach(address, options) {
  try {
    return await fetch(address, options);
  } catch {
    throw new Error('Watchword does not answer. Is it still running?');
  }
}

// --- The same calls for the shell --------------------------------------------------------------------------------------------

/** Puts method, address, outcome, command and copy button into the list entry of a call. */
function makeCall(name, method, path) {
  const outcome = element('span', 'call-outcome');
  const command = element('pre', 'command', { tabIndex: 0 });
  command.setAttribute('role', 'group');
  command.setAttribute('aria-label', `curl for ${method} ${path}`);
  byId(name + '-call').append(element('div', 'call-box', {},
    element('p', 'call-head', {}, element('code', '', {}, `${method} ${path}`), outcome, copyButton('Copy', `curl for ${path}`, () => command.textContent)),
    command));
  const tell = (text, kind) => {
    outcome.textContent = text;
    outcome.dataset.kind = kind;
  };
  return {
    method,
    path,
    show: text => { if (command.textContent !== text) command.textContent = text; },
    reset: () => tell('', ''),
    start: () => tell('…', ''),
    fail: () => tell('no answer', 'bad'),
    finish: (response, milliseconds) => tell(
      `${response.status} in ${Math.max(1, Math.round(milliseconds))} ms`, response.ok || (name === 'user' && response.status === 409) ? 'good' : 'bad'),
  };
}

function showCalls() {
  if (!demo)
    return;
  calls.token.show([
    `TOKEN=$(curl -s ${location.origin}/oidc/token \\`,
    `  -d grant_type=client_credentials \\`,
    `  -d client_id=${demo.client_id} \\`,
    `  -d client_secret=${demo.client_secret} \\`,
    `  | sed -E 's/.*"access_token":"([^"]+)".*/\\1/')`,
    `echo "$TOKEN"`,
  ].join('\n'));
  calls.user.show(withToken(calls.user, userBody()));
  calls.send.show(withToken(calls.send, sendBody()));
  calls.authenticate.show(withToken(calls.authenticate, authenticateBody(newestCode ?? '123456')));
  byId('authenticate-hint').textContent =
    !newestCode ? 'Here 123456 stands for the code in the message.'
    : newestCode === spentCode ? 'This code is no longer good. Send a new one for your shell.'
    : 'A code works once: here or in your shell.';
}

function withToken(call, body) {
  return [
    `curl ${location.origin}${call.path} \\`,
    `  -H "Authorization: Bearer $TOKEN" \\`,
    `  -H 'Content-Type: application/json' \\`,
    `  -d ${quoted('{' + Object.entries(body).map(([name, value]) => `"${name}": ${JSON.stringify(value)}`).join(',\n       ') + '}')}`,
  ].join('\n');
}

/** For a POSIX shell. */
function quoted(text) {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

// --- The phone ---------------------------------------------------------------------------------------------------------------

const readInbox = watchInbox(
  () => '/inbox/messages?to=' + encodeURIComponent(number()),
  messages => {
    byId('phone-empty').textContent = 'No message yet. It will appear here.';
    showConversation(messages);
  },
  () => { byId('phone-empty').textContent = 'The inbox does not answer. This page keeps trying.'; });
setInterval(refreshTimes, 1000);

/** Shows the latest messages, oldest first as on a phone. */
function showConversation(messages) {
  const latest = messages.slice(0, 20);
  const shown = latest.map(bubbleOf).reverse();
  const isNew = shown.length > 0 && shown.at(-1) !== byId('bubbles').lastElementChild;
  arrange(byId('bubbles'), shown);
  byId('phone-empty').hidden = shown.length > 0;
  byId('phone-number').textContent = number();
  byId('phone-sender').textContent = latest[0]?.from ?? demo?.app_name ?? 'Acme';
  newestCode = latest.length > 0 ? codeIn(latest[0].text) : null;
  refreshTimes();
  showSuggestion();
  showCalls();
  if (isNew)
    byId('conversation').scrollTop = byId('conversation').scrollHeight;
}

function bubbleOf(message) {
  const key = keyOf(message);
  if (!bubbles.has(key))
    bubbles.set(key, bubble(message));
  return bubbles.get(key);
}

/** Offers the newest code as the keyboard of a phone does. */
function showSuggestion() {
  byId('fill').hidden = newestCode === null || newestCode === spentCode;
  byId('fill').textContent = `Fill in ${newestCode}`;
}

function spend(code) {
  spentCode = code;
  sessionStorage.setItem('spentCode', code ?? '');
  showSuggestion();
  showCalls();
}

/** The next one of the numbers +44 7700 900000 to 900999, which are kept free for fiction. */
function nextNumber(current) {
  const last = /^\+447700900(\d{3})$/.exec(current)?.[1] ?? '122';
  return '+447700900' + String((Number(last) + 1) % 1000).padStart(3, '0');
}

// --- The tokens --------------------------------------------------------------------------------------------------------------

const meanings = {
  alg: 'How it is signed.',
  kid: 'The key that signed it.',
  typ: 'The kind of token.',
  iss: 'Who made it. To be checked.',
  sub: 'The user, for good. A phone number may change.',
  aud: 'Whom it is for. To be checked.',
  exp: 'Expires',
  iat: 'Made',
  auth_time: 'The user logged in',
  jti: 'This very token.',
  tid: 'The tenant.',
  client_id: 'The client that asked for it.',
  app_id: 'The application.',
  app_name: 'The application’s name.',
  scope: 'offline_access: with a refresh token.',
  roles: 'The user’s roles here.',
  sid: 'The session. Logout ends it.',
  amr: 'How: by a code by SMS.',
  acr: 'How strong: a one-time code.',
  at_hash: 'Ties it to the access token.',
};
const times = new Set(['exp', 'iat', 'auth_time']);

function showOutcome(answer) {
  setStage('done');
  byId('outcome-heading').textContent = 'You are logged in';
  byId('outcome-summary').textContent =
    `${number()} is logged in to ${demo.app_name}. The tokens are good until ${clock(new Date(Date.now() + answer.expires_in * 1000))}; the refresh token gets new ones.`;
  byId('id-token').replaceChildren(...decoded(answer.id_token));
  byId('access-token').replaceChildren(...decoded(answer.access_token));
  const raw = element('pre', 'raw', { tabIndex: 0 }, JSON.stringify(answer, null, 2));
  raw.setAttribute('role', 'group');
  raw.setAttribute('aria-label', 'Raw answer');
  byId('raw-answer').replaceChildren(copyButton('Copy', 'raw answer', () => raw.textContent), raw);
  byId('access-token-part').open = !narrow.matches;
  byId('outcome').hidden = false;
  byId('outcome-title').focus({ preventScroll: true });
  byId('outcome-title').scrollIntoView({ block: 'start' });
}

function hideOutcome() {
  byId('outcome').hidden = true;
  byId('outcome-heading').textContent = 'The tokens';
  byId('outcome-summary').textContent = 'Log in, and here is what your backend gets: an ID token and an access token, decoded, and the raw answer.';
}

/** Which button is the next to press: number, code or done. */
function setStage(stage) {
  byId('desk').dataset.stage = stage;
}

function decoded(token) {
  const [header, payload] = token.split('.').slice(0, 2).map(part => {
    const bytes = Uint8Array.from(atob(part.replaceAll('-', '+').replaceAll('_', '/')), character => character.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes));
  });
  return [element('h3', '', {}, 'Header'), claims(header), element('h3', '', {}, 'Payload'), claims(payload)];
}

function claims(object) {
  return element('dl', 'claims', {}, ...Object.entries(object).map(([name, value]) => element('div', '', {},
    element('dt', '', {}, name),
    element('dd', 'value', {}, JSON.stringify(value)),
    element('dd', 'meaning', {}, meaningOf(name, value)))));
}

function meaningOf(name, value) {
  if (!times.has(name))
    return meanings[name] ?? '';
  const date = new Date(value * 1000);
  return `${meanings[name]} ${clock(date)} (${fromNow(date)}).`;
}

// --- Small things ------------------------------------------------------------------------------------------------------------

/** Kinds: good, bad, and wrong, which is bad because of what stands in the field. */
function say(where, text, kind = '') {
  byId(where).textContent = text;
  byId(where).dataset.kind = kind;
  const field = where === 'code-result' ? codeField : numberField;
  field.setAttribute('aria-invalid', String(kind === 'wrong'));
}

/** Runs the work once at a time, and tells of what nobody foresaw. */
async function whileBusy(button, label, work) {
  if (button.getAttribute('aria-disabled') === 'true')
    return;
  button.setAttribute('aria-disabled', 'true');
  button.dataset.label ??= button.textContent;
  button.textContent = label;
  try {
    await work();
  } catch (error) {
    say(button.id === 'send' ? 'number-result' : 'code-result', error.message, 'bad');
  } finally {
    if (!button.dataset.until) {
      button.setAttribute('aria-disabled', 'false');
      button.textContent = button.dataset.label;
    }
  }
}

/** Counts down on the button, then opens it again. */
function wait(button, label, seconds, over) {
  if (seconds <= 0)
    return;
  const until = Date.now() + seconds * 1000;
  button.dataset.until = until;
  button.setAttribute('aria-disabled', 'true');
  const tick = () => {
    if (button.dataset.until !== String(until))
      return;
    const left = Math.ceil((until - Date.now()) / 1000);
    if (left <= 0) {
      endWait(button);
      over();
      return;
    }
    button.textContent = `${label} ${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`;
    setTimeout(tick, 250);
  };
  tick();
}

function endWait(button) {
  if (!button.dataset.until)
    return;
  delete button.dataset.until;
  button.setAttribute('aria-disabled', 'false');
  button.textContent = button.dataset.label;
}

async function begin() {
  try {
    await loadDemo();
  } catch (error) {
    byId('page-fault').textContent = error.message;
    byId('page-fault').hidden = false;
    setTimeout(begin, 2000);
  }
}

hideOutcome();
begin();
