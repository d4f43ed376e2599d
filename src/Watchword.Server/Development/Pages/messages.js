// What the welcome page and the inbox share: reading the inbox and showing messages.
// Whatever comes from outside becomes text, never markup.

/** Makes an element: a class, properties, and children (elements or text). */
export function element(tag, className, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  if (className)
    made.className = className;
  made.append(...children);
  return made;
}

/** Shows these children in this order. What is there already stays where it is, and keeps the focus. */
export function arrange(parent, children) {
  const wanted = new Set(children);
  for (const child of [...parent.children]) {
    if (!wanted.has(child))
      child.remove();
  }
  children.forEach((child, index) => {
    if (parent.children[index] !== child)
      parent.insertBefore(child, parent.children[index] ?? null);
  });
}

/** The code in a message, or null. */
export function codeIn(text) {
  return /(?<!\d)\d{4,8}(?!\d)/.exec(text)?.[0] ?? null;
}

export function keyOf(message) {
  return [message.received_at, message.to, message.text].join('\n');
}

/** A message as a phone shows it, with buttons or the like beneath. */
export function bubble(message, ...beneath) {
  const time = element('time', '', { dateTime: message.received_at, title: clock(new Date(message.received_at)) });
  time.dataset.relative = '';
  return element('li', 'message', {}, element('p', 'bubble', {}, message.text), element('p', 'message-foot', {}, time, ...beneath));
}

/** A button that copies what text() says at that moment. */
export function copyButton(label, hiddenLabel, text) {
  const button = element('button', 'copy', { type: 'button' }, label, element('span', 'unseen', {}, ' ' + hiddenLabel));
  button.addEventListener('click', async () => {
    button.firstChild.data = await copy(text()) ? 'Copied' : 'Not copied';
    setTimeout(() => { button.firstChild.data = label; }, 1600);
  });
  return button;
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Browsers keep the clipboard for https and localhost; this is for a development server on another machine.
    const focused = document.activeElement;
    const area = element('textarea', 'unseen', { value: text });
    document.body.append(area);
    area.select();
    const done = document.execCommand('copy');
    area.remove();
    focused?.focus();
    return done;
  }
}

/** Calls show(messages) now and about every second, fail(error) when the inbox cannot be read. Returns a function that reads it at once. */
export function watchInbox(address, show, fail) {
  let timer;
  let latest = 0;
  async function read() {
    clearTimeout(timer);
    const turn = ++latest;
    try {
      const response = await fetch(address(), { cache: 'no-store' });
      if (!response.ok)
        throw new Error(`The inbox answered ${response.status}.`);
      const { messages } = await response.json();
      if (turn === latest)
        show(messages);
    } catch (error) {
      if (turn === latest)
        fail(error);
    }
    if (turn === latest && !document.hidden)
      timer = setTimeout(read, 1000);
  }
  document.addEventListener('visibilitychange', () => { if (!document.hidden) read(); });
  read();
  return read;
}

/** Writes "2 minutes ago" into every message's time. */
export function refreshTimes() {
  for (const time of document.querySelectorAll('time[data-relative]')) {
    const text = fromNow(new Date(time.dateTime));
    if (time.textContent !== text)
      time.textContent = text;
  }
}

export function clock(date) {
  return new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' }).format(date);
}

export function fromNow(date) {
  const seconds = Math.round((date - Date.now()) / 1000);
  if (Math.abs(seconds) < 5)
    return 'now';
  // Nearly an hour is an hour: a token made two seconds ago expires in one.
  const [size, unit] = [[86400, 'day'], [3600, 'hour'], [60, 'minute'], [1, 'second']].find(([size]) => Math.abs(seconds) >= size * 0.99);
  return new Intl.RelativeTimeFormat('en').format(Math.round(seconds / size), unit);
}
