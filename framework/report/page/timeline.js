/* The timeline. Times are ns since the first shown round; `view` is what the canvas shows. */
const [ROUND, START, PHASE, TOTAL, CALLBACK, LATENESS, WORK, LONGEST_WORKER, LONGEST, CRITICAL,
  CRITICAL_NS, PARTS, SOLO, CLOSER] = Array(14).keys();
const [P_START, P_SPAN, P_COMPUTE, P_CALLS, P_STOLEN, P_SLEEPS, P_SLEPT] = Array(7).keys();

const [E_RANK, E_ROUND, E_STAGE, E_START, E_ARRIVED, E_WAIT, E_WAITED, E_AGREED, E_BYTES] =
  Array(9).keys();
const [R_RANK, R_FIRST, R_COUNT] = Array(3).keys();

function timeline() {
  const canvas = at('timeline-canvas'), word = at('timeline-word'), workers = data.workers;
  const rounds = data.rounds.slice(data.first_part), parts = data.parts;
  if (rounds.length === 0 || workers === 0) {
    at('timeline').hidden = true;
    at('timeline').style.display = 'none';
    return;
  }
  const gutter = 38, head = 20, foot = 22, gap = workers > 24 ? 1 : workers > 8 ? 2 : 4;
  const lane = workers <= 4 ? 34 : workers <= 8 ? 27 : workers <= 16 ? 19 : workers <= 32 ? 12 :
    Math.max(4, Math.floor(560 / workers));
  const begin = rounds[0][START];
  const finish = Math.max(...rounds.map(r => r[START] + r[TOTAL]), begin + 1);
  const least = Math.min(200, finish - begin);
  let view = { from: begin, to: finish }, cursor = null, shown = 0, frame = { left: 0, width: 1 };
  const byWorker = Array.from({ length: workers }, () => []);
  for (const task of data.tasks) if (task[0] < workers) byWorker[task[0]].push(task);
  const longestTask = data.tasks.reduce((most, task) => Math.max(most, task[4]), 1);

  const partOf = (r, w) => parts[r * workers + w] || null;
  const xOf = ns => frame.left + (ns - view.from) / (view.to - view.from) * frame.width;
  const nsOf = x => view.from + (x - frame.left) / frame.width * (view.to - view.from);
  /* Below the lanes of a rank's workers there is a lower one for its messages. */
  const ranks = data.ranks || [], exchanges = data.exchanges || [];
  const thin = exchanges.length === 0 ? 0 : Math.max(4, lane >> 1);
  const rankOf = Array(workers).fill(0);
  ranks.forEach((rank, i) => rankOf.fill(i, rank[R_FIRST], rank[R_FIRST] + rank[R_COUNT]));
  const lanes = workers * (lane + gap) + (thin > 0 ? ranks.length * (thin + 2 * gap) : 0);
  const yOf = w => head + w * (lane + gap) + (thin > 0 ? rankOf[w] * (thin + 2 * gap) : 0);
  const yOfMessages = i => yOf(ranks[i][R_FIRST] + ranks[i][R_COUNT] - 1) + lane + gap;
  const exchangesOf = ranks.map((rank, i) => exchanges.filter(e => e[E_RANK] === i));
  /* What a worker's own rank had of a round. */
  const ownOf = (r, w) => (data.rank_rounds || [])[r * ranks.length + rankOf[w]] || rounds[r];
  const endOf = r => r[START] + r[TOTAL];

  function roundAt(ns) {
    let low = 0, high = rounds.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (rounds[middle][START] <= ns) low = middle; else high = middle - 1;
    }
    return low;
  }

  function show(from, to) {
    const span = clamp(to - from, least, finish - begin);
    const start = clamp(from, begin, finish - span);
    view = { from: start, to: start + span };
    draw();
  }
  function zoom(factor, ns) {
    const span = clamp((view.to - view.from) * factor, least, finish - begin);
    const share = (ns - view.from) / (view.to - view.from);
    show(ns - share * span, ns + (1 - share) * span);
  }
  const pan = share => {
    const step = share * (view.to - view.from);
    show(view.from + step, view.to + step);
  };
  /* One round fills most of the view. */
  function showRound(r) {
    const margin = Math.max(rounds[r][TOTAL] * 0.06, 1);
    show(rounds[r][START] - margin, endOf(rounds[r]) + margin);
  }
  function keepInView(r) {
    const round = rounds[r], span = view.to - view.from;
    if (round[START] >= view.from && endOf(round) <= view.to) return draw();
    const middle = round[START] + round[TOTAL] / 2;
    show(middle - span / 2, middle + span / 2);
  }
  function point(r, w) {
    cursor = { r: clamp(r, 0, rounds.length - 1), w: clamp(w, 0, workers - 1) };
    word.textContent = sentence(cursor.r, cursor.w);
  }

  function sentence(r, w) {
    const round = rounds[r], part = partOf(r, w);
    const own = ownOf(r, w);
    let text = 'Round ' + whole(round[ROUND]) + ', ' + duration(round[TOTAL]);
    if (round[SOLO]) text += ', computed by one worker';
    if (round[LATENESS] > 0) text += ', ' + duration(round[LATENESS]) + ' late';
    text += '. ' + (ranks.length > 1 ? 'Rank ' + ranks[rankOf[w]][R_RANK] + ', worker ' : 'Worker ') +
      w + ': ';
    if (!part) text += 'took no part.';
    else {
      text += duration(part[P_COMPUTE]) + ' in ' + whole(part[P_CALLS]) +
        (part[P_CALLS] === 1 ? ' call' : ' calls');
      if (part[P_STOLEN] > 0) text += ' (' + whole(part[P_STOLEN]) + ' stolen)';
      const waited = own[PHASE] - (part[P_START] + part[P_SPAN] - own[START]);
      if (waited > 0 && own[CLOSER] !== w) text += ', then waited ' + duration(waited);
      if (part[P_SLEEPS] > 0) text += '; slept ' + duration(part[P_SLEPT]) + ' before';
      text += '.';
    }
    if (own[CLOSER] === w) {
      text += ' It closed the round in ' + duration(Math.max(0, own[TOTAL] - own[PHASE]));
      text += own[CALLBACK] > 0 ? ', ' + duration(own[CALLBACK]) + ' of it in on_round.' : '.';
    }
    for (const e of exchangesOf[rankOf[w]] || []) {
      if (e[E_ROUND] !== round[ROUND]) continue;
      text += ' Messages, ' + whole(e[E_BYTES]) + ' bytes, under way for ' +
        duration(e[E_ARRIVED] - e[E_START]) + ', waited for ' +
        duration(e[E_WAITED] - e[E_WAIT]) + '.';
    }
    if (round[CRITICAL_NS] > 0)
      text += ' Longest call: segment ' + whole(round[CRITICAL]) + ', ' +
        duration(round[CRITICAL_NS]) + '.';
    return text;
  }

  /* --- drawing --- */

  function bar(context, from, to, y, height) {
    const left = Math.max(xOf(from), frame.left);
    const right = Math.min(xOf(to), frame.left + frame.width);
    if (right > left) context.fillRect(left, y, right - left, height);
  }

  function drawPart(context, r, w, paint) {
    const round = ownOf(r, w), part = partOf(r, w), y = yOf(w);
    if (part) {
      const start = part[P_START], end = start + part[P_SPAN];
      const before = r > 0 && partOf(r - 1, w);
      const earliest = before ? before[P_START] + before[P_SPAN] : start - part[P_SLEPT];
      context.fillStyle = paint.wait;
      bar(context, round[START], Math.max(round[START] + round[PHASE], end), y, lane);
      if (part[P_SLEPT] > 0) {
        context.fillStyle = paint.sleep;
        bar(context, Math.max(earliest, start - part[P_SLEPT]), start, y, lane);
      }
      context.fillStyle = paint.compute;
      bar(context, start, end, y, lane);
    }
    if (round[CLOSER] === w) {
      context.fillStyle = paint.closing;
      bar(context, round[START] + round[PHASE], endOf(round), y, lane);
    }
  }

  /* What was under way; and, darker, where the rank had nothing left to compute. */
  function drawMessages(context, i, paint) {
    const y = yOfMessages(i);
    for (const e of exchangesOf[i]) {
      if (e[E_START] > view.to || Math.max(e[E_WAITED], e[E_AGREED]) < view.from) continue;
      context.fillStyle = paint.messages;
      bar(context, e[E_START], e[E_ARRIVED], y, thin);
      context.fillStyle = paint.wait;
      bar(context, e[E_WAIT], Math.max(e[E_WAITED], e[E_AGREED]), y + thin / 2, thin / 2);
    }
  }

  function drawTasks(context, w, paint) {
    const tasks = byWorker[w], y = yOf(w);
    let low = 0, high = tasks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (tasks[middle][3] < view.from - longestTask) low = middle + 1; else high = middle;
    }
    context.font = '11px ' + textFont();
    context.textAlign = 'left';
    for (; low < tasks.length && tasks[low][3] <= view.to; low++) {
      const [, , segment, start, ns] = tasks[low];
      const left = Math.max(xOf(start), frame.left);
      const width = Math.min(xOf(start + ns), frame.left + frame.width) - left;
      if (width < 3) continue;
      context.fillStyle = paint.task;
      context.fillRect(left, y, 1, lane);
      const label = String(segment);
      if (lane < 12 || width < 8 + 7 * label.length) continue;
      context.fillStyle = paint.paper;
      context.fillText(label, left + 5, y + lane / 2);
    }
  }

  /* A step of 1, 2 or 5 times a power of ten. */
  function nice(least) {
    const power = 10 ** Math.floor(Math.log10(least));
    return [1, 2, 5, 10].map(f => f * power).find(step => step >= least);
  }

  /* A time on the axis, with as many digits as tell it from its neighbours. */
  function axisText(ns, step) {
    if (ns === 0) return '0';
    const most = view.to - begin;
    const [unit, name] = most < 1e3 ? [1, 'ns'] : most < 1e6 ? [1e3, '\u00b5s'] :
      most < 1e9 ? [1e6, 'ms'] : [1e9, 's'];
    const places = Math.max(0, Math.ceil(-Math.log10(step / unit) - 1e-9));
    return (ns / unit).toFixed(Math.min(places, 9)) + ' ' + name;
  }

  function drawAxes(context, height, first, last) {
    const bottom = head + lanes;
    context.font = '11px ' + textFont();
    context.fillStyle = colour('soft');
    context.textAlign = 'right';
    const every = Math.ceil(13 / (lane + gap));
    for (let w = 0; w < workers; w += every)
      context.fillText('w' + w, frame.left - 8, yOf(w) + lane / 2);
    if (thin >= 8) for (let i = 0; i < ranks.length; i++)
      context.fillText('r' + ranks[i][R_RANK], frame.left - 8, yOfMessages(i) + thin / 2);
    context.textAlign = 'center';
    const step = nice(Math.max((view.to - view.from) * 90 / frame.width, 1));
    for (let ns = Math.ceil((view.from - begin) / step) * step; ns <= view.to - begin; ns += step) {
      const x = xOf(ns + begin);
      context.fillStyle = colour('line');
      context.fillRect(x, bottom, 1, 4);
      context.fillStyle = colour('soft');
      if (x > frame.left + 12 && x < frame.left + frame.width - 20)
        context.fillText(axisText(ns, step), x, height - 8);
    }
    let free = frame.left;
    for (let r = first; r <= last; r++) {
      const x = xOf(rounds[r][START]), wide = xOf(endOf(rounds[r])) - x;
      if (wide > 7 && x >= frame.left) {
        context.fillStyle = colour('soft');
        context.globalAlpha = 0.4;
        context.fillRect(Math.round(x), head - 5, 1, bottom - head + 5);
        context.globalAlpha = 1;
      }
      const label = whole(rounds[r][ROUND]), room = context.measureText(label).width;
      const middle = (Math.max(x, frame.left) + Math.min(x + wide, frame.left + frame.width)) / 2;
      if (middle - room / 2 < free + 6 || middle + room / 2 > frame.left + frame.width) continue;
      context.fillStyle = colour('soft');
      context.fillText(label, middle, head - 11);
      free = middle + room / 2;
    }
  }

  function drawCursor(context) {
    if (!cursor) return;
    const round = rounds[cursor.r];
    const left = Math.max(xOf(round[START]), frame.left);
    const right = Math.min(xOf(endOf(round)), frame.left + frame.width);
    if (right < frame.left || left > frame.left + frame.width) return;
    context.strokeStyle = colour('ink');
    context.lineWidth = 1.5;
    context.strokeRect(left, yOf(cursor.w) - 1, Math.max(right - left, 2), lane + 2);
  }

  function paint(context, width, height) {
    frame = { left: gutter, width: Math.max(width - gutter, 1) };
    const colours = { compute: colour('s0'), wait: colour('wait'), sleep: colour('s2'),
      closing: colour('s4'), messages: colour('s9'), task: colour('paper'), paper: colour('paper') };
    context.textBaseline = 'middle';
    context.fillStyle = colour('panel');
    for (let w = 0; w < workers; w++) context.fillRect(frame.left, yOf(w), frame.width, lane);
    if (thin > 0) for (let i = 0; i < ranks.length; i++)
      context.fillRect(frame.left, yOfMessages(i), frame.width, thin);
    const first = roundAt(view.from), last = roundAt(view.to);
    /* A part's sleep may lie before its round. */
    for (let r = first; r <= Math.min(last + 1, rounds.length - 1); r++)
      for (let w = 0; w < workers; w++) drawPart(context, r, w, colours);
    if (data.tasks.length > 0) for (let w = 0; w < workers; w++) drawTasks(context, w, colours);
    if (thin > 0) for (let i = 0; i < ranks.length; i++) drawMessages(context, i, colours);
    drawAxes(context, height, first, last);
    drawCursor(context);
    canvas.dataset.from = view.from;
    canvas.dataset.to = view.to;
    shown++;
  }
  const draw = redrawn(canvas, () => head + lanes + foot, paint);
  at('legend-messages').hidden = thin === 0;

  /* --- keys and buttons --- */

  const middle = () => (view.from + view.to) / 2;
  const focus = () => (cursor ? rounds[cursor.r][START] + rounds[cursor.r][TOTAL] / 2 : middle());
  const near = () => {
    const ns = focus();
    return ns >= view.from && ns <= view.to ? ns : middle();
  };
  function go(by, workerBy) {
    const r = cursor ? cursor.r + by : roundAt(middle());
    point(r, (cursor ? cursor.w : 0) + workerBy);
    keepInView(cursor.r);
  }
  const actions = {
    in: () => zoom(1 / 1.5, near()), out: () => zoom(1.5, near()),
    left: () => pan(-0.2), right: () => pan(0.2), all: () => show(begin, finish),
    round: () => {
      if (!cursor) point(roundAt(middle()), 0);
      showRound(cursor.r);
    },
    next: () => go(1, 0), previous: () => go(-1, 0), up: () => go(0, -1), down: () => go(0, 1),
    first: () => { point(0, cursor ? cursor.w : 0); keepInView(0); },
    last: () => { point(rounds.length - 1, cursor ? cursor.w : 0); keepInView(rounds.length - 1); },
  };
  const keys = { '+': 'in', '=': 'in', '-': 'out', '_': 'out', ArrowLeft: 'left',
    ArrowRight: 'right', ArrowUp: 'up', ArrowDown: 'down', n: 'next', p: 'previous', Home: 'first',
    End: 'last', 0: 'all', Enter: 'round' };
  canvas.addEventListener('keydown', event => {
    const action = keys[event.key];
    if (!action || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    actions[action]();
  });
  for (const button of at('timeline').querySelectorAll('button'))
    button.addEventListener('click', () => actions[button.dataset.do]());

  /* --- mouse and touch --- */

  /* A wheel that turns while the page scrolls past goes on scrolling the page: it zooms only where
   * the pointer has been moved on the timeline since. */
  let meant = false, lastX, lastY;
  addEventListener('scroll', () => { meant = false; }, { passive: true });
  canvas.addEventListener('wheel', event => {
    const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey;
    const unit = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1;
    if (!sideways && !event.ctrlKey && !meant && document.activeElement !== canvas) return;
    event.preventDefault();
    if (sideways) pan(unit * (event.deltaX || event.deltaY) / frame.width);
    else zoom(Math.exp(clamp(unit * event.deltaY, -240, 240) / 300), nsOf(event.offsetX));
  }, { passive: false });

  const pointers = new Map();
  let moved = false;
  const place = event => {
    const box = canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  function pointAt({ x, y }) {
    const w = rankOf.findIndex((rank, i) => y >= yOf(i) && y < yOf(i) + lane + gap);
    if (w < 0 || x < frame.left) return;
    point(roundAt(nsOf(x)), w);
    draw();
  }
  canvas.addEventListener('pointerdown', event => {
    if (event.button !== 0) return;
    pointers.set(event.pointerId, place(event));
    canvas.setPointerCapture(event.pointerId);
    moved = false;
  });
  canvas.addEventListener('pointermove', event => {
    const now = place(event), was = pointers.get(event.pointerId);
    if (event.screenX !== lastX || event.screenY !== lastY) meant = true;
    [lastX, lastY] = [event.screenX, event.screenY];
    if (!was) return pointAt(now);
    if (pointers.size === 2) pinch(event.pointerId, was, now);
    else if (moved || Math.abs(now.x - was.x) > 3) {
      moved = true;
      pan((was.x - now.x) / frame.width);
    } else return;
    pointers.set(event.pointerId, now);
  });
  function pinch(id, was, now) {
    moved = true;
    const other = [...pointers].find(([key]) => key !== id)[1];
    const before = Math.max(Math.abs(was.x - other.x), 8);
    const after = Math.max(Math.abs(now.x - other.x), 8);
    const held = nsOf((was.x + other.x) / 2);
    zoom(before / after, held);
    pan(((was.x - now.x) / 2) / frame.width);
  }
  const lift = event => {
    if (pointers.delete(event.pointerId) && !moved) pointAt(place(event));
  };
  canvas.addEventListener('pointerup', lift);
  canvas.addEventListener('pointercancel', event => pointers.delete(event.pointerId));
  canvas.addEventListener('pointerleave', () => { meant = false; });
  canvas.addEventListener('dblclick', event => {
    event.preventDefault();
    showRound(roundAt(nsOf(event.offsetX)));
  });
  word.textContent = 'Point at a round, or press n, for its figures.';
}
timeline();
