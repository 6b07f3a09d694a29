/* The heat map of segments: cells from left to right and down, each a segment or some neighbours.
 */
function segments() {
  const canvas = at('segments-canvas'), word = at('segments-word'), cells = data.segments;
  const [FIRST, LAST, CALLS, COMPUTE, LONGEST_NS, STOLEN, HOME] = Array(7).keys();
  const timed = cells.some(cell => cell[CALLS] > 0);
  if (!timed) {
    at('segments').style.display = 'none';
    return;
  }
  const measures = {
    mean: { of: cell => (cell[CALLS] > 0 ? cell[COMPUTE] / cell[CALLS] : 0), text: duration },
    longest: { of: cell => cell[LONGEST_NS], text: duration },
    stolen: { of: cell => (cell[CALLS] > 0 ? cell[STOLEN] / cell[CALLS] : 0), text: percent },
  };
  let measure = measures.mean, chosen = -1, columns = 1, size = 1;
  const calls = cells.reduce((sum, cell) => sum + cell[CALLS], 0);
  const mean = calls > 0 ? cells.reduce((sum, cell) => sum + cell[COMPUTE], 0) / calls : 0;

  function lay(width) {
    const wanted = Math.sqrt(width * 190 / cells.length);
    size = clamp(wanted, width / cells.length < 15 ? 11 : 15, 54);
    columns = Math.max(1, Math.min(cells.length, Math.floor(width / size)));
    /* Rows of a round number of segments are easier to read. */
    if (columns < cells.length)
      columns = [256, 128, 100, 64, 50, 32, 25, 20, 16, 10, 8].find(n => n <= columns) || columns;
    size = Math.min(width / columns, 54);
    return Math.ceil(cells.length / columns) * size;
  }

  function rgb(name) {
    const hex = colour(name).slice(1);
    return [0, 2, 4].map(i => parseInt(hex.slice(i, i + 2), 16));
  }

  function sentence(i) {
    const cell = cells[i], one = cell[FIRST] === cell[LAST];
    const each = cell[CALLS] > 0 ? cell[COMPUTE] / cell[CALLS] : 0;
    let text = one ? 'Segment ' + whole(cell[FIRST]) :
      'Segments ' + whole(cell[FIRST]) + ' to ' + whole(cell[LAST]);
    text += ': ' + whole(cell[CALLS]) + (cell[CALLS] === 1 ? ' call' : ' calls');
    text += ', mean ' + duration(each);
    if (mean > 0) text += ' (' + digits(each / mean, 2) + ' \u00d7 the mean of all)';
    text += ', longest ' + duration(cell[LONGEST_NS]) + ', ' + whole(cell[STOLEN]) + ' stolen';
    return text + ', home worker ' + cell[HOME] + '.';
  }

  function paint(context) {
    const most = Math.max(...cells.map(measure.of));
    const stops = [rgb('panel'), rgb('s1'), rgb('s4')];
    const gap = size > 20 ? 2 : 1;
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    context.font = '12px ' + textFont();
    cells.forEach((cell, i) => {
      const x = i % columns * size, y = Math.floor(i / columns) * size;
      const t = most > 0 ? 2 * measure.of(cell) / most : 0, k = t < 1 ? 0 : 1, f = t - k;
      const mix = stops[k].map((c, n) => Math.round(c + f * (stops[k + 1][n] - c)));
      context.fillStyle = 'rgb(' + mix.join(',') + ')';
      context.fillRect(x, y, size - gap, size - gap);
      const label = String(cell[FIRST]);
      if (cell[FIRST] === cell[LAST] && size > 10 + 7 * label.length) {
        const light = mix[0] * 0.3 + mix[1] * 0.59 + mix[2] * 0.11;
        context.fillStyle = light > 140 ? '#1c2126' : '#ffffff';
        context.fillText(label, x + (size - gap) / 2, y + (size - gap) / 2);
      }
    });
    if (chosen >= 0) {
      context.strokeStyle = colour('ink');
      context.lineWidth = 2;
      context.strokeRect(chosen % columns * size + 1, Math.floor(chosen / columns) * size + 1,
        size - gap - 2, size - gap - 2);
    }
    at('scale-most').textContent = measure.text(most);
  }
  const draw = redrawn(canvas, lay, paint);

  function choose(i) {
    chosen = clamp(i, 0, cells.length - 1);
    word.textContent = sentence(chosen);
    canvas.dataset.chosen = chosen;
    draw();
  }
  canvas.addEventListener('pointermove', event => {
    const i = Math.floor(event.offsetY / size) * columns + Math.floor(event.offsetX / size);
    if (event.offsetX < columns * size && i < cells.length) choose(i);
  });
  canvas.addEventListener('keydown', event => {
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns,
      Home: -cells.length, End: cells.length };
    if (!(event.key in steps) || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    choose(chosen < 0 ? 0 : chosen + steps[event.key]);
  });
  for (const input of document.querySelectorAll('input[name=measure]'))
    input.addEventListener('change', () => {
      measure = measures[input.value];
      draw();
    });
  word.textContent = 'Point at a segment, or press an arrow key, for its figures.';
}
segments();
