// The panel of the open trial.
const parts = document.getElementById("trial-parts");

function showTrial() {
  const rank = ranking.indexOf(state.trial);
  const place = rank < 0 ? "no result" : `rank ${rank + 1} of ${ranking.length}`;
  document.getElementById("trial-title").textContent = `Trial ${state.trial + 1}, ${place}`;
  document.getElementById("previous").disabled = rank <= 0;
  document.getElementById("next").disabled = rank < 0 || rank + 1 >= ranking.length;
  const history = historyOf(state.trial);
  parts.replaceChildren(...[parameterList(), scoreTable(), confusionPart(), historyPart(history), netPart()]
    .filter((part) => part !== null));
  if (history) drawHistory(history);
}

function section(title, ...children) {
  return element("section", {}, element("h3", {}, title), ...children);
}

function parameterList() {
  const positions = positionsOf(state.trial);
  const items = parameters.flatMap((one, k) => [
    element("dt", { title: one.name }, one.short), element("dd", {}, one.values[positions[k]])]);
  for (const [name, label] of [["n_parameters", "size of the network"], ["fit_time", "fit time, s"]]) {
    if (study[name]) items.push(element("dt", {}, label), element("dd", {}, format(study[name][state.trial])));
  }
  return section("Parameters", element("dl", { id: "trial-parameters" }, ...items));
}

function scoreTable() {
  const error = study.errors[state.trial];
  const rows = Object.keys(study.metrics).map((metric) => {
    const { quality, spread, gradient, folds } = study.metrics[metric];
    return element("tr", {}, element("th", { scope: "row" }, study.titles[metric]),
      element("td", {}, format(quality[state.trial])), element("td", {}, format(spread[state.trial], 2)),
      element("td", {}, format(gradient[state.trial], 2)),
      element("td", {}, foldStrip(folds[state.trial], rangeOf(folds.flat()))));
  });
  const head = ["metric", "mean", "std", "gradient", `${study.n_folds} folds`];
  return section("Scores", error ? element("p", { class: "error" }, error) : null,
    element("table", { class: "scores", id: "trial-scores" },
      element("thead", {}, element("tr", {}, ...head.map((text) => element("th", { scope: "col" }, text)))),
      element("tbody", {}, ...rows)));
}

// The folds as dots between the lowest and the highest fold of the whole study.
function foldStrip(values, [low, high]) {
  const svg = svgElement("svg", { viewBox: "0 0 100 18", preserveAspectRatio: "none", role: "img",
    "aria-label": `Folds: ${values.map((value) => format(value)).join(", ")}` });
  svg.append(svgElement("line", { x1: 0, x2: 100, y1: 9, y2: 9 }));
  const title = svgElement("title", {});
  title.textContent = `${values.map((value) => format(value)).join(", ")} between ${format(low)} and ${format(high)}`;
  svg.append(title);
  for (const value of values.filter((one) => one !== null)) {
    svg.append(svgElement("ellipse", { cx: 3 + (94 * (value - low)) / (high - low), cy: 9, rx: 2.2, ry: 4 }));
  }
  return svg;
}

function svgElement(tag, attributes) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

function confusionPart() {
  const kinds = Object.keys(study.confusion);
  if (!kinds.length) return null;
  const folds = study.confusion[state.matrix].counts[state.trial];
  if (folds.every((counts) => counts === null)) return null;
  const foldOptions = [["all", "pooled"], ...folds.map((_, k) => [String(k), `fold ${k + 1}`])];
  return section("Confusion matrix",
    element("form", { class: "part-controls" },
      kinds.length > 1 ? partSelect("trial-matrix-kind", "matrix", "counted by", kinds.map((kind) => [kind, kind])) : null,
      partSelect("trial-fold", "fold", "folds", foldOptions)),
    matrixTable(study.confusion[state.matrix].classes, poolFolds(folds)));
}

function poolFolds(folds) {
  const chosen = (state.fold === "all" ? folds : [folds[state.fold]]).filter((counts) => counts !== null);
  const size = study.confusion[state.matrix].classes.length;
  return Array.from({ length: size }, (_, row) => Array.from({ length: size }, (_, column) =>
    chosen.reduce((sum, counts) => sum + counts[row * size + column], 0)));
}

// True classes to the right, predicted ones upwards, recall above, precision right.
function matrixTable(classes, counts) {
  const sum = (values) => values.reduce((a, b) => a + b, 0);
  const total = sum(counts.flat());
  const percent = (part, whole) => (whole ? `${((100 * part) / whole).toFixed(1)}` : "\u2013");
  const names = classes.map((name) => name.replaceAll("_", " "));
  const right = sum(classes.map((_, k) => counts[k][k]));
  const largest = Math.max(...counts.flat());
  const margin = (text) => element("td", { class: "margin" }, text);
  const cell = (row, column) => {
    const count = counts[row][column];
    const share = largest ? 88 * Math.sqrt(count / largest) : 0;
    return element("td", { style: `--share: ${share.toFixed(1)}`, class: share > 52 ? "dark" : null },
      `${percent(count, total)} %`, element("small", {}, String(count)));
  };
  const body = names.map((name, column) => element("tr", {}, element("th", { scope: "row" }, name),
    ...classes.map((_, row) => cell(row, column)),
    margin(percent(counts[column][column], sum(counts.map((row) => row[column])))))).reverse();
  const recall = element("tr", {}, element("th", { scope: "row" }, "recall, %"),
    ...classes.map((_, row) => margin(percent(counts[row][row], sum(counts[row])))), margin(percent(right, total)));
  const foot = element("tr", {}, element("th", {}), ...names.map((name) => element("th", { scope: "col" }, name)),
    element("th", { scope: "col" }, "precision, %"));
  return element("table", { class: "matrix", id: "trial-matrix" },
    element("caption", {}, `True class to the right, predicted class upwards; share of ${total} ${state.matrix}s and count. Corner: accuracy.`),
    element("tbody", {}, recall, ...body, foot));
}

function historyOf(trial) {
  const course = study.history[state.course] || {};
  const known = (folds) => (folds || []).filter((fold) => fold !== null);
  const [train, valid] = ["train", "valid"].map((name) => known(course[name]?.[trial]));
  return train.length || valid.length ? { train, valid } : null;
}

function historyPart(history) {
  if (!history) return null;
  const entry = (name, label) => (history[name].length
    ? element("span", {}, element("i", { style: `color: var(--${name})` }), label) : null);
  const courses = Object.keys(study.history).map((name) => [name, name]);
  return section("Learning history",
    courses.length > 1 ? element("form", { class: "part-controls" },
      partSelect("trial-course", "course", "by epoch", courses)) : null,
    element("p", { class: "legend" }, entry("train", "training"), entry("valid", "validation")),
    element("div", { id: "history", role: "img",
      "aria-label": `${state.course} by epoch, mean and standard deviation over the folds` }));
}

// A choice within the panel, which is made anew and keeps the focus.
function partSelect(id, name, label, options) {
  return selectBox(id, label, options, state[name], (chosen) => {
    state[name] = chosen;
    showTrial();
    document.getElementById(id).focus();
  });
}

function drawHistory(history) {
  const traces = Object.entries(history).filter(([, folds]) => folds.length).flatMap(([name, folds]) => {
    const epochs = [...Array(Math.max(...folds.map((fold) => fold.length))).keys()];
    const stats = epochs.map((k) => moments(folds.map((fold) => fold[k]).filter((value) => value != null)));
    const x = epochs.map((k) => k + 1);
    const hue = colour(name);
    const band = { x: [...x, ...x.toReversed()], y: [...stats.map(([m, s]) => m + s), ...stats.map(([m, s]) => m - s).toReversed()],
      fill: "toself", fillcolor: hue, opacity: Number(colour("band")), line: { width: 0 }, mode: "lines", hoverinfo: "skip", name: `${name} spread` };
    const mean = { x, y: stats.map(([m]) => m), mode: "lines", line: { color: hue, width: 2 }, name,
      text: stats.map(([m, s], k) => `epoch ${k + 1}, ${name === "train" ? "training" : "validation"} ${state.course} ${format(m)} \u00b1 ${format(s, 2)}`), hoverinfo: "text" };
    return folds.length > 1 ? [band, mean] : [mean];
  });
  Plotly.newPlot("history", traces, baseLayout({ margin: { l: 50, r: 8, t: 6, b: 40 },
    font: { color: colour("ink"), size: 11 },
    xaxis: plainAxis("epoch"), yaxis: plainAxis(state.course) }), { displayModeBar: false, responsive: true });
}

function moments(values) {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return [mean, Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)];
}

function netPart() {
  const network = study.networks.trials[state.trial];
  if (!network) return null;
  if (network.reason) return section("Architecture", element("p", { class: "note" }, network.reason));
  const box = ([kind, title, lines, shape, count]) => element("li", { class: kind.replaceAll(" ", "-") },
    element("b", {}, title), ...lines.map(([text, varied]) => element("div", { class: varied ? "varied" : null }, text)),
    element("div", { class: "shape" }, element("div", {}, shape), count ? element("div", {}, format(count)) : null));
  return section("Architecture", element("p", { class: "note" },
    `${format(network.total)} parameters, input ${network.input}${network.assumed ? " (not recorded: the published shape)" : ""}. Varied values are red; the last lines of a layer are the shape of its output and its number of parameters.`),
    element("ol", { class: "network", id: "trial-network" }, ...network.rows.map((row) =>
      element("li", {}, element("ol", {}, ...row.map((k) => box(study.networks.boxes[k])))))));
}
