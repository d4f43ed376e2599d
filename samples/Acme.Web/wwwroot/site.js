// Makes the pages livelier. Everything works without it.

// --- Times ---------------------------------------------------------------------------------------------------------------------

// Counted from when the page came, by a clock that nobody sets: the visitor's own may be wrong.
const start = performance.now();
const counters = [...document.querySelectorAll('[data-countdown]')];

function tick() {
  const passed = (performance.now() - start) / 1000;
  for (const counter of counters) {
    const left = Math.max(0, Math.ceil(Number(counter.dataset.countdown) - passed));
    counter.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`;
    if (left === 0 && !counter.dataset.over) {
      counter.dataset.over = 'true';
      ({ expired, resend })[counter.dataset.then]?.();
    }
  }
}

function expired() {
  document.querySelector('[data-until-expiry]').hidden = true;
  document.querySelector('[data-after-expiry]').hidden = false;
}

function resend() {
  document.querySelector('[data-waiting]').hidden = true;
  document.querySelector('[data-wait]').disabled = false;
}

const again = document.querySelector('[data-wait]');
if (again && Number(again.dataset.wait) > 0)
  again.disabled = true;
if (counters.length > 0) {
  tick();
  setInterval(tick, 250);
}

for (const time of document.querySelectorAll('time[datetime]'))
  time.textContent = new Date(time.dateTime).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' });

// --- The code --------------------------------------------------------------------------------------------------------------------

const form = document.querySelector('form[data-code]');
if (form) {
  const field = form.elements.code;
  const done = new AbortController();

  // A whole message may be pasted: the code is its last group of digits ("Acme: pay 12.50 EUR ... is 482913").
  field.addEventListener('paste', event => {
    const digits = event.clipboardData.getData('text').replace(/(?<=\d)[ -](?=\d)/g, '').match(/(?<!\d)\d{4,8}(?!\d)/g)?.at(-1);
    if (digits) {
      event.preventDefault();
      field.value = digits;
    }
  });

  // WebOTP: the phone offers the code of a message that ends in "@this-host #code" (https://developer.mozilla.org/docs/Web/API/WebOTP_API).
  if ('OTPCredential' in window) {
    navigator.credentials.get({ otp: { transport: ['sms'] }, signal: done.signal }).then(
      credential => {
        field.value = credential.code;
        form.requestSubmit();
      },
      () => { /* Declined, or no phone: it is typed. */ });
  }
  form.addEventListener('submit', () => done.abort());
}

// --- Forms -------------------------------------------------------------------------------------------------------------------------

// A second click would be a second guess.
for (const each of document.forms) {
  each.addEventListener('submit', event => {
    if (each.dataset.sent)
      event.preventDefault();
    each.dataset.sent = 'true';
  });
}
addEventListener('pageshow', () => {
  for (const each of document.forms)
    delete each.dataset.sent;
});
