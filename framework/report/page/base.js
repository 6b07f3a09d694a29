'use strict';
/* Numbers as the tables have them, colours as the style has them, and canvases as sharp as the
 * screen is. */
const at = id => document.getElementById(id);
const data = JSON.parse(at('data').textContent);
document.documentElement.classList.add('scripted');

const digits = (x, most) => (x >= 100 ? x.toFixed(0) : x >= 10 ? x.toFixed(Math.min(most, 1))
  : x.toFixed(Math.min(most, 2)));

/* ns, in the unit that suits it, with three digits. */
function duration(ns) {
  if (ns < 0) return '\u2212' + duration(-ns);
  if (ns < 999.5) return Math.round(ns) + ' ns';
  if (ns < 999.5e3) return digits(ns / 1e3, 2) + ' \u00b5s';
  if (ns < 999.5e6) return digits(ns / 1e6, 2) + ' ms';
  return digits(ns / 1e9, 2) + ' s';
}

const whole = n => String(n).replace(/\B(?=(\d{3})+$)/g, ',');
const percent = x => digits(100 * x, 1) + ' %';
const clamp = (x, least, most) => Math.min(Math.max(x, least), most);

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim();
}

const textFont = () => getComputedStyle(document.body).fontFamily;

/* Calls draw(context, width, height) soon, once for any number of calls; by itself whenever the
 * size or the colours change. height: of a width. */
function redrawn(canvas, height, draw) {
  let due = false;
  const paint = () => {
    due = false;
    const width = canvas.clientWidth, tall = height(width), ratio = window.devicePixelRatio || 1;
    if (width === 0) return;
    canvas.style.height = tall + 'px';
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(tall * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(tall * ratio);
    }
    const context = canvas.getContext('2d');
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, tall);
    draw(context, width, tall);
    canvas.dataset.drawn = Number(canvas.dataset.drawn || 0) + 1;
  };
  const soon = () => {
    if (due) return;
    due = true;
    requestAnimationFrame(paint);
  };
  new ResizeObserver(soon).observe(canvas);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', soon);
  paint();
  return soon;
}
