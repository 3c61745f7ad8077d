// The study: its trials are numbered, the last parameter running fastest.
const study = JSON.parse(document.getElementById("study").textContent);
const parameters = study.parameters;
const strides = parameters.map((_, k) =>
  parameters.slice(k + 1).reduce((product, one) => product * one.values.length, 1));
const trials = [...Array(study.n_trials).keys()];

const QUANTITIES = {
  quality: { label: "mean over folds", scale: "Viridis", reversed: false },
  spread: { label: "standard deviation over folds", scale: "Cividis", reversed: true },
  gradient: { label: "gradient over the grid", scale: "YlOrRd", reversed: true },
};

const state = {
  view: null,
  metric: study.main_metric,
  quantity: "quality",
  cost: "gradient",
  axes: parameters.map((_, k) => k).slice(0, 3),
  cut: positionsOf(study.best),
  trial: study.best,
  matrix: Object.keys(study.confusion)[0],
  fold: "all",
  course: "loss",
  sort: { column: "quality", down: true },
  chosen: null,
};

function positionsOf(trial) {
  return parameters.map((one, k) => Math.floor(trial / strides[k]) % one.values.length);
}

function trialAt(positions) {
  return positions.reduce((sum, position, k) => sum + position * strides[k], 0);
}

// The trial at given positions of the axes, elsewhere where the cube is cut.
function trialOnCut(positions) {
  const all = [...state.cut];
  for (const [axis, position] of positions) all[axis] = position;
  return trialAt(all);
}

function isOnCut(trial, axes) {
  const positions = positionsOf(trial);
  return parameters.every((_, k) => axes.includes(k) || positions[k] === state.cut[k]);
}

function valuesOf(quantity = state.quantity, metric = state.metric) {
  return study.metrics[metric][quantity];
}

function costsOf(cost) {
  return cost in study ? study[cost] : valuesOf(cost);
}

function rangeOf(values) {
  const known = values.filter((value) => value !== null);
  if (!known.length) return [0, 1];
  const low = known.reduce((a, b) => Math.min(a, b));
  const high = known.reduce((a, b) => Math.max(a, b));
  return low < high ? [low, high] : [low - 0.5, high + 0.5];
}

function nameOf(metric = state.metric, quantity = state.quantity) {
  const name = study.titles[metric];
  return quantity === "quality" ? name : `${name}, ${QUANTITIES[quantity].label}`;
}

function format(value, digits = 4) {
  if (value === null || value === undefined) return "\u2013";
  if (Number.isInteger(value)) return value.toLocaleString("en");
  return Number(value.toPrecision(digits)).toString();
}

// Trials with a result, the best by the main metric first.
const ranking = (() => {
  const quality = study.metrics[study.main_metric].quality;
  return trials.filter((k) => quality[k] !== null).sort((a, b) => quality[b] - quality[a] || (b === study.best) - (a === study.best) || a - b);
})();

// Plotly reads a little HTML in its texts; this keeps them as they are.
function plain(text) {
  return String(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function describeTrial(trial) {
  const positions = positionsOf(trial);
  return parameters.map((one, k) => `${one.short} = ${one.values[positions[k]]}`);
}

function hoverText(trial) {
  const { quality, spread, gradient } = study.metrics[state.metric];
  const lines = quality[trial] === null
    ? [study.errors[trial] || "no result"]
    : [`${nameOf(state.metric, "quality")} ${format(quality[trial])} \u00b1 ${format(spread[trial], 2)}`,
       `gradient ${format(gradient[trial], 3)}`];
  return [...describeTrial(trial), ...lines].map(plain).join("<br>");
}

// An element with attributes and children; texts are never read as HTML.
function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== null && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}
