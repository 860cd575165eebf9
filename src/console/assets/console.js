// What a page of the console does beyond links and forms: it stays live, draws its pictures, and leads through time.
(() => {
  const { body, documentElement } = document;
  documentElement.classList.add('script');

  // ---- Live: what the feed brings refreshes the parts of the page that ask for it.

  const EVERY_MS = 4000;
  const mark = document.getElementById('live');
  const say = (text) => {
    if (mark && mark.textContent !== text) mark.textContent = text;
  };

  let isDue = false;
  const refreshSoon = () => {
    if (isDue) return;
    isDue = true;
    setTimeout(() => {
      isDue = false;
      if (document.visibilityState === 'visible') htmx.trigger(body, 'ledger');
    }, EVERY_MS);
  };

  // The feed says nothing of a call that has just begun.
  setInterval(refreshSoon, 20_000);

  let feed;
  const listen = () => {
    if (feed || !body.dataset.live) return;
    feed = new EventSource(body.dataset.live);
    feed.addEventListener('ready', () => say('live'));
    for (const name of ['call.outcome.changed', 'appointment.changed', 'ticket.opened', 'ticket.changed', 'reset'])
      feed.addEventListener(name, refreshSoon);
    feed.addEventListener('closed', (event) => {
      if (JSON.parse(event.data).reason === 'key_revoked') location.reload();
    });
    feed.onerror = () => say(feed?.readyState === EventSource.CLOSED ? 'not live' : 'connecting…');
  };
  const leave = () => {
    feed?.close();
    feed = undefined;
  };
  // A browser has few connections to one server, so a page that nobody sees gives its own back.
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'hidden') return leave();
    listen();
    htmx.trigger(body, 'ledger');
  });
  addEventListener('pagehide', leave);
  listen();

  const LOST = 'not up to date: the service does not answer';
  for (const name of ['htmx:responseError', 'htmx:sendError']) body.addEventListener(name, () => say(LOST));
  body.addEventListener('htmx:afterOnLoad', () => {
    if (mark?.textContent === LOST) say(feed?.readyState === EventSource.OPEN ? 'live' : 'connecting…');
  });

  // ---- Pictures: each is drawn of its table.

  /** A custom property with light-dark() is resolved only where it is used. */
  const resolved = (name) => {
    const probe = document.createElement('i');
    probe.style.color = `var(--${name})`;
    body.append(probe);
    const { color } = getComputedStyle(probe);
    probe.remove();
    return color;
  };

  const plots = new Map();

  function draw(figure) {
    const table = document.getElementById(figure.dataset.chart);
    const into = figure.querySelector('.plot');
    const names = [...table.querySelectorAll('[data-series]')].map((cell) => cell.dataset.series);
    const rows = [...table.tBodies[0].rows];
    const texts = rows.map((row) => row.cells[0].textContent);
    const values = names.map((_, i) => rows.map((row) => Number(row.cells[i + 1].textContent)));
    // Stacked: each series is drawn from the ground up to the sum so far, the highest first.
    const sums = values.map((_, i) => texts.map((_text, x) => values.slice(0, i + 1).reduce((n, of) => n + of[x], 0)));
    const [faint, line] = [resolved('faint'), resolved('line')];
    const axis = {
      stroke: faint,
      grid: { stroke: line, width: 1 },
      ticks: { stroke: line, width: 1 },
      font: '11px system-ui',
    };
    const bars = uPlot.paths.bars({ size: [0.8, 40], align: 0 });
    plots.get(figure)?.destroy();
    plots.set(
      figure,
      new uPlot(
        {
          width: Math.max(240, into.clientWidth),
          height: 200,
          legend: { show: false },
          cursor: { show: false },
          scales: {
            x: { time: false, range: [-0.6, texts.length - 0.4] },
            y: { range: (_u, _min, max) => [0, Math.max(4, Math.ceil(max * 1.05))] },
          },
          axes: [
            {
              ...axis,
              grid: { show: false },
              values: (_u, at) => at.map((x) => (Number.isInteger(x) ? (texts[x] ?? '') : '')),
            },
            { ...axis, size: 40, values: (_u, at) => at.map((y) => (Number.isInteger(y) ? y : '')) },
          ],
          series: [
            {},
            ...names
              .map((name) => ({ fill: resolved(name), width: 0, paths: bars, points: { show: false } }))
              .reverse(),
          ],
        },
        [texts.map((_, x) => x), ...sums.reverse()],
        into,
      ),
    );
  }

  const drawAll = () => {
    for (const figure of document.querySelectorAll('[data-chart]')) draw(figure);
  };
  drawAll();
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawAll);
  let resizing;
  addEventListener('resize', () => {
    clearTimeout(resizing);
    resizing = setTimeout(drawAll, 200);
  });
  body.addEventListener('htmx:afterSwap', (event) => {
    if (event.detail.target?.querySelector?.('[data-chart]')) drawAll();
  });
})();
