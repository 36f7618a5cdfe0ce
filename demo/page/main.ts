import 'uplot/dist/uPlot.min.css';
import './style.css';
import type { Feed } from '../feed.ts';
import { readAddress, writeAddress } from './address.ts';
import { byId, setText } from './dom.ts';
import { createGrid } from './grid.ts';
import { append, createHistory, newestMs } from './history.ts';
import { search } from './search.ts';
import { createSeriesTable } from './series-table.ts';
import { createSidebar } from './sidebar.ts';
import { createStatus } from './status.ts';
import { planView } from './view.ts';

const pollMs = 500;
const ageMs = 200;

const searchBox = byId('search', HTMLInputElement);
const status = createStatus();
const sidebar = createSidebar();
const table = createSeriesTable();
const grid = createGrid(byId('charts', HTMLElement));

let history = createHistory();
/** What to add to this machine's clock to get the demo's. */
let clockOffsetMs = 0;
let answeredMs = Date.now();

function show(): void {
  const asked = readAddress(location.hash);
  const matches = search(history, asked.query);
  const view = planView(history, asked, matches);
  sidebar.update(matches, asked.family, asked.query);
  setText(byId('view-title', HTMLElement), view.title);
  setText(byId('view-note', HTMLElement), view.note);
  byId('back', HTMLElement).hidden = asked.family === undefined && asked.query === '';
  byId('main', HTMLElement).classList.toggle('one-family', asked.family !== undefined);
  grid.update(view.charts);
  table.update(view.table, history.times.at(-1) ?? 0);
  showStatus();
  document.body.dataset.newestMs = String(newestMs(history));
}

const showStatus = () =>
  status.update(history, Date.now() + clockOffsetMs, document.hidden ? 0 : Date.now() - answeredMs);

async function poll(): Promise<void> {
  const answer = await fetch(`feed.json?after=${newestMs(history)}`, { cache: 'no-store' });
  if (!answer.ok) throw new Error(`feed.json: status ${answer.status}`);
  // What demo/page-server.ts sends, typed by the same file.
  const feed = (await answer.json()) as Feed;
  answeredMs = Date.now();
  clockOffsetMs = feed.nowMs - answeredMs;
  const first = history.demo === undefined;
  const fresh = feed.ticks.length > 0 || feed.times.length > 0;
  if (!append(history, feed)) history = createHistory();
  else if (fresh || first) show();
}

async function pollForever(): Promise<never> {
  for (;;) {
    // A demo that was stopped does not answer; the banner says so.
    await poll().catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

searchBox.value = readAddress(location.hash).query;
searchBox.addEventListener('input', () => {
  const asked = { query: searchBox.value.trim(), family: undefined };
  window.history.replaceState(null, '', writeAddress(asked));
  show();
});
window.addEventListener('hashchange', () => {
  const { query } = readAddress(location.hash);
  if (searchBox.value.trim() !== query) searchBox.value = query;
  show();
  window.scrollTo({ top: 0 });
});
window.addEventListener('keydown', (event) => {
  if (event.key === '/' && document.activeElement !== searchBox) {
    event.preventDefault();
    searchBox.focus();
  }
  if (event.key === 'Escape') {
    searchBox.blur();
    location.hash = 'view=overview';
  }
});
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => grid.redraw());

setInterval(showStatus, ageMs);
show();
void pollForever();
