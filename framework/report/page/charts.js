/* The charts that Chart.js draws. Without it, what they show is in the tables. */
function charts() {
  const made = [];
  const unit = most => (most < 1e3 ? [1, 'ns'] : most < 1e6 ? [1e3, '\u00b5s'] :
    most < 1e9 ? [1e6, 'ms'] : [1e9, 's']);

  function axis(title) {
    return { title: { display: Boolean(title), text: title, color: colour('soft') },
      grid: { color: colour('line'), drawTicks: false, drawBorder: false },
      border: { display: false },
      ticks: { color: colour('soft'), padding: 6, maxRotation: 0, autoSkipPadding: 18 } };
  }
  function options(more) {
    return Object.assign({ animation: false, responsive: true, maintainAspectRatio: false,
      normalized: true, interaction: { mode: 'index', intersect: false } }, more);
  }
  const legend = { position: 'top', align: 'end',
    labels: { boxWidth: 12, boxHeight: 2, color: colour('soft') } };

  function curve() {
    const rounds = data.rounds, marks = data.distributions.round;
    if (rounds.length < 2) return;
    const [scale, name] = unit(Math.max(...rounds.map(r => r[TOTAL])));
    const line = (label, of, stroke, more) => Object.assign({ label, borderColor: stroke,
      backgroundColor: stroke, borderWidth: 1.5, pointRadius: rounds.length > 80 ? 0 : 1.5,
      pointHitRadius: 6, data: rounds.map(r => ({ x: r[ROUND], y: of(r) / scale })) }, more);
    const level = (label, ns) => line(label, () => ns, colour('soft'),
      { borderWidth: 1, borderDash: label === 'p50' ? [6, 4] : [2, 3], pointRadius: 0,
        pointHitRadius: 0 });
    const workers = Math.max(data.workers, 1);
    const datasets = [line('round', r => r[TOTAL], colour('s4')),
      line('longest worker', r => r[LONGEST], colour('s1')),
      line('mean worker', r => r[WORK] / workers, colour('s0'))];
    if (marks) datasets.push(level('p50', marks.marks[0]), level('p99', marks.marks[2]));
    const x = axis('round'), y = axis(name);
    x.type = 'linear';
    x.min = rounds[0][ROUND];
    x.max = rounds[rounds.length - 1][ROUND];
    x.ticks.precision = 0;
    x.grid.display = false;
    y.beginAtZero = true;
    const callbacks = { title: items => 'Round ' + whole(items[0].parsed.x),
      label: item => ' ' + item.dataset.label + ' ' + duration(item.parsed.y * scale) };
    made.push(new Chart(at('rounds-chart'), { type: 'line', data: { datasets },
      options: options({ parsing: false, scales: { x, y },
        plugins: { legend, tooltip: { callbacks } } }) }));
  }

  function histogram(title, distribution) {
    const [figure, caption, heading, plot, canvas] =
      ['figure', 'figcaption', 'h3', 'div', 'canvas'].map(tag => document.createElement(tag));
    const bins = distribution.bins;
    heading.textContent = title;
    plot.className = 'plot';
    canvas.setAttribute('role', 'img');
    const marks = distribution.marks.map(duration);
    caption.textContent =
      'p50 ' + marks[0] + ' \u00b7 p99 ' + marks[2] + ' \u00b7 most ' + marks[4];
    canvas.setAttribute('aria-label', 'Histogram, ' + title + ': ' + caption.textContent);
    plot.append(canvas);
    figure.append(heading, plot, caption);
    at('distributions').append(figure);
    const x = axis(''), y = axis('');
    x.grid.display = false;
    x.offset = true;
    x.ticks.maxTicksLimit = 5;
    y.beginAtZero = true;
    y.ticks.precision = 0;
    y.ticks.maxTicksLimit = 4;
    y.ticks.callback = n => (n >= 1e6 ? n / 1e6 + ' M' : n >= 1e4 ? n / 1e3 + ' k' : n);
    made.push(new Chart(canvas, { type: 'bar',
      data: { labels: bins.map(bin => duration(bin[0])),
        datasets: [{ data: bins.map(bin => bin[2]), backgroundColor: colour('s0'),
          barPercentage: 1, categoryPercentage: bins.length > 30 ? 1 : 0.92,
          maxBarThickness: 40, minBarLength: 1 }] },
      options: options({ scales: { x, y }, plugins: { legend: { display: false }, tooltip: {
        displayColors: false, callbacks: {
          title: items => { const bin = bins[items[0].dataIndex];
            return duration(bin[0]) + ' to ' + duration(bin[1]); },
          label: item => whole(item.raw) } } } }) }));
  }

  function draw() {
    while (made.length > 0) made.pop().destroy();
    at('distributions').textContent = '';
    Chart.defaults.font.family = textFont();
    Chart.defaults.font.size = 12;
    legend.labels.color = colour('soft');
    curve();
    for (const [name, distribution] of Object.entries(data.distributions))
      if (distribution.marks[4] > 0) histogram(distribution.title, distribution);
  }

  const major = typeof Chart === 'function' ? parseInt(Chart.version, 10) : 0;
  if (major < 3) {
    document.documentElement.classList.add('unplotted');
    return;
  }
  if (data.rounds.length < 2) at('rounds-chart').parentNode.style.display = 'none';
  draw();
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
}
charts();
document.documentElement.dataset.ready = 'true';
