import { arrange, bubble, codeIn, copyButton, element, keyOf, refreshTimes, watchInbox } from './messages.js';

const shownPerNumber = 20;
const byId = id => document.getElementById(id);
const bubbles = new Map();
const groups = new Map();
let messages = [];

watchInbox(
  () => '/inbox/messages',
  read => {
    messages = read;
    byId('fault').hidden = true;
    render();
  },
  () => {
    byId('fault').textContent = 'Watchword does not answer. Is it still running? This page keeps trying.';
    byId('fault').hidden = false;
    if (messages.length === 0)
      byId('blank').textContent = '';
  });
setInterval(refreshTimes, 1000);
byId('filter').addEventListener('input', render);
byId('filter-form').addEventListener('submit', event => event.preventDefault());

function render() {
  const filter = plain(byId('filter').value);
  const found = messages.filter(message => plain(message.to).includes(filter));
  const perNumber = Map.groupBy(found, message => message.to);
  arrange(byId('groups'), [...perNumber].map(([number, of]) => groupOf(number, of)));
  forgetGone();

  byId('filter-form').hidden = messages.length === 0;
  setText('count', filter ? `${found.length} of ${counted(messages.length)}` : counted(messages.length));
  byId('blank').hidden = found.length > 0;
  if (messages.length > 0)
    setText('blank', 'No message to such a number.');
  else if (byId('blank').dataset.state !== 'empty')
    byId('blank').replaceChildren('No messages yet. Send a code from the ', element('a', '', { href: '/' }, 'welcome page'), '.');
  byId('blank').dataset.state = messages.length > 0 ? '' : 'empty';
  refreshTimes();
}

function groupOf(number, messagesOfNumber) {
  if (!groups.has(number))
    groups.set(number, makeGroup(number));
  const { section, count, list, more, state } = groups.get(number);
  const shown = state.all ? messagesOfNumber : messagesOfNumber.slice(0, shownPerNumber);
  count.textContent = counted(messagesOfNumber.length);
  more.hidden = shown.length === messagesOfNumber.length;
  more.textContent = `Show all ${messagesOfNumber.length}`;
  arrange(list, shown.map(bubbleOf));
  return section;
}

function makeGroup(number) {
  const state = { all: false };
  const count = element('span');
  const list = element('ol');
  const more = element('button', 'quiet', { type: 'button' });
  more.addEventListener('click', () => {
    state.all = true;
    render();
    list.querySelectorAll('.message')[shownPerNumber]?.querySelector('button')?.focus();
  });
  const section = element('section', 'phone', { ariaLabel: number },
    element('h2', 'phone-head', {}, element('b', '', {}, number), count), list, more);
  return { section, count, list, more, state };
}

function bubbleOf(message) {
  const key = keyOf(message);
  if (!bubbles.has(key)) {
    const code = codeIn(message.text);
    const sender = message.from ? [element('span', '', {}, 'from ' + message.from)] : [];
    bubbles.set(key, bubble(message, ...sender, ...(code ? [copyButton('Copy ' + code, '', () => code)] : [])));
  }
  return bubbles.get(key);
}

/** The server keeps the newest messages only; so does this page. */
function forgetGone() {
  const here = new Set(messages.map(keyOf));
  for (const key of bubbles.keys()) {
    if (!here.has(key))
      bubbles.delete(key);
  }
}

function setText(id, text) {
  if (byId(id).textContent !== text)
    byId(id).textContent = text;
}

function counted(number) {
  return number === 1 ? '1 message' : `${number} messages`;
}

/** What matters of a number when one looks for it. */
function plain(number) {
  return number.toLowerCase().replace(/[\s().-]/g, '');
}
