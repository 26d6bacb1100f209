// What pages do beyond showing. It sets text and four attributes, and makes no markup. Without it all of a page is there, and works.
const page = document;
const all = (selector) => [...page.querySelectorAll(selector)];
const one = (selector) => page.querySelector(selector);

// --- Time: the server writes times in the zone that this tells, unless the person has chosen one.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const cookies = page.cookie.split('; ');
if (zone && !cookies.includes('tz-by=choice') && !cookies.includes(`tz=${zone}`)) {
  page.cookie = `tz=${zone}; Path=/; Max-Age=31536000; SameSite=Lax; Secure`;
}

const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');
const clock = (time) => time.toTimeString().slice(0, 8);

function ago(time) {
  const seconds = Math.trunc((Date.now() - time) / 1000);
  const size = Math.abs(seconds);
  if (size >= 86400) return `${time.getDate()} ${months[time.getMonth()]} ${time.getFullYear()}`;
  if (!size) return 'now';
  const words = size < 60 ? `${size} s` : size < 3600 ? `${Math.trunc(size / 60)} min` : `${Math.trunc(size / 3600)} h`;
  return seconds < 0 ? `in ${words}` : `${words} ago`;
}

function set(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function refreshTimes() {
  for (const element of all('time[data-ago]')) {
    const time = new Date(element.dateTime);
    if (!isNaN(time)) set(element, ago(time));
  }
}

// --- Fresh values: text in place. Nothing that can be clicked moves, comes or goes.
const still = matchMedia('(prefers-reduced-motion: reduce)');

function show(element, value) {
  const tag = element.tagName.toLowerCase();
  if (tag === 'progress') element.value = Number(value);
  else if (tag === 'path') element.setAttribute('d', value);
  else if (tag === 'time') {
    element.dateTime = value;
    element.title = value;
    refreshTimes();
  } else if (element.textContent !== value) {
    element.textContent = value;
    if (!still.matches && element.animate) {
      element.animate([{ backgroundColor: 'var(--flash)' }, { backgroundColor: 'transparent' }], 1200);
    }
  }
}

// --- A table that takes rows: copies of its blank row, the newest on top. While it moves, nothing in it can be clicked, unless it moves
// seldom.
const feed = one('[data-feed]');
const leavesLinks = feed?.hasAttribute('data-links');
// Where it goes on when it is opened again.
let past;

function hold(isMoving) {
  if (leavesLinks) return;
  for (const link of feed?.querySelectorAll('a') ?? []) {
    if (isMoving && link.hasAttribute('href')) {
      link.dataset.href = link.getAttribute('href');
      link.removeAttribute('href');
    } else if (!isMoving && link.dataset.href) link.href = link.dataset.href;
  }
}

function take(news) {
  for (const { id, cells } of news.rows) {
    if (page.getElementById(id)) continue;
    const row = feed.querySelector('template').content.firstElementChild.cloneNode(true);
    row.id = id;
    cells.forEach((cell, index) => {
      const place = row.cells[index].firstElementChild ?? row.cells[index];
      set(place, cell.text);
      if (cell.href && leavesLinks) place.href = cell.href;
      else if (cell.href) place.dataset.href = cell.href;
    });
    feed.querySelector('.empty')?.parentElement.remove();
    feed.prepend(row);
  }
  if (news.rows.length) past = news.rows.at(-1).id.split('/').pop();
  while (feed.rows.length > feed.dataset.feed) feed.rows[feed.rows.length - 1].remove();
  const passed = one('[data-passed]');
  if (passed && news.words) set(passed, news.words);
}

let stream;
let isPaused = false;
let noticedAt = 0;
const address = page.body.dataset.stream;
const state = one('[data-state]');
const notice = one('[data-notice]');
const tell = (text) => state && set(state, text);

function announce(text) {
  // A screen reader says it: at most every ten seconds.
  if (!notice || Date.now() - noticedAt < 10000) return;
  noticedAt = Date.now();
  set(notice, text);
}

function asOf() {
  const time = one('[data-asof]');
  if (time) set(time, clock(new Date()));
}

function open() {
  if (!address || stream || isPaused || page.hidden) return;
  const from = new URL(address, location.href);
  if (past) from.searchParams.set('past', past);
  stream = new EventSource(from);
  stream.onopen = () => {
    hold(true);
    tell('live');
    if (notice) set(notice, '');
  };
  stream.onerror = () => {
    hold(false);
    tell(`updates stopped at ${clock(new Date())}`);
  };
  stream.addEventListener('values', (event) => {
    const values = JSON.parse(event.data);
    for (const element of all('[data-live]')) {
      const value = values[element.dataset.live];
      if (value !== undefined) show(element, value);
    }
    asOf();
  });
  if (feed) {
    stream.addEventListener('feed', (event) => {
      take(JSON.parse(event.data));
      asOf();
    });
  }
  stream.addEventListener('notice', (event) => announce(JSON.parse(event.data)));
  stream.addEventListener('session', () => {
    close();
    isPaused = true;
    tell('logged out');
    announce('You are logged out: reload the page to log in again.');
  });
}

function close() {
  stream?.close();
  stream = undefined;
  hold(false);
}

page.addEventListener('visibilitychange', () => (page.hidden ? close() : open()));
// A page that the browser keeps for Back holds no connection.
addEventListener('pagehide', close);
addEventListener('pageshow', open);
setInterval(refreshTimes, 10000);

for (const link of all('[data-pause]')) {
  const live = location.href;
  const paused = link.href;
  link.addEventListener('click', (event) => {
    event.preventDefault();
    isPaused = !isPaused;
    set(link, isPaused ? 'Resume' : 'Pause');
    history.replaceState(null, '', isPaused ? paused : live);
    if (isPaused) {
      close();
      tell('paused');
    } else open();
  });
}

// --- Copying
async function copy(button) {
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
  } catch {
    // Not allowed: what is shown is selected, so that a key does it.
    const shown = button.parentElement.querySelector('code');
    getSelection().selectAllChildren(shown);
    return;
  }
  set(button, 'Copied');
  setTimeout(() => set(button, 'Copy'), 2000);
}

for (const button of all('[data-copy]')) {
  button.hidden = false;
  button.addEventListener('click', () => copy(button));
}

// --- A password that is seen while its button is pressed in. As it is sent it is none that the browser would remember.
for (const button of all('[data-show]')) {
  const field = page.getElementById(button.dataset.show);
  const see = (isSeen) => {
    field.type = isSeen ? 'text' : 'password';
    button.setAttribute('aria-pressed', isSeen);
  };
  button.hidden = false;
  button.addEventListener('click', () => see(field.type === 'password'));
  field.form.addEventListener('submit', () => see(false));
}

// --- A wait that runs out.
for (const element of all('[data-wait]')) {
  const end = Date.now() + element.dataset.wait * 1000;
  setInterval(() => {
    const left = Math.ceil((end - Date.now()) / 1000);
    set(element, left > 0 ? `in ${left} second${left > 1 ? 's' : ''}` : 'now');
  }, 1000);
}

// --- Keys: none of them changes anything. A page of a person who wants none does not say where they are told.
const help = page.body.dataset.keys;
let isGoing = false;

function step(by) {
  const boxes = all('tbody input[type=checkbox]');
  boxes[boxes.indexOf(page.activeElement) + by]?.focus();
}

const keys = {
  '/': () => {
    const field = one('[data-search]');
    field?.focus();
    field?.select();
  },
  g: () => (isGoing = true),
  p: () => one('[data-pause]')?.click(),
  j: () => step(1),
  k: () => step(-1),
  x: () => page.activeElement.type === 'checkbox' && page.activeElement.click(),
  '?': () => location.assign(help),
};

page.addEventListener('keydown', (event) => {
  const isTyping = event.target.closest?.('input:not([type=checkbox]), textarea, select');
  if (!help || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  const link = isGoing && one(`[data-key="${CSS.escape(event.key)}"]`);
  isGoing = false;
  const act = link ? () => link.click() : keys[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

one('[data-focus]')?.focus();
open();
