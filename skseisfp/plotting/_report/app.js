// Controls, and what they do.
const plot = document.getElementById("plot");
const CONFIG = { responsive: true, displaylogo: false, modeBarButtons: [["toImage"]] };

function selectBox(id, label, options, value, choose) {
  const items = options.map(([name, text]) => element("option", { value: name, selected: name === value }, text));
  const select = element("select", { id, onchange: (event) => choose(event.target.value) }, ...items);
  return element("label", {}, label, select);
}

function makeTabs() {
  const names = possibleViews();
  const bar = document.getElementById("views");
  for (const name of names) {
    bar.append(element("button", { type: "button", role: "tab", id: `view-${name}`, "aria-controls": "stage",
      onclick: () => openView(name) }, VIEWS[name].label));
  }
  bar.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = names[(names.indexOf(state.view) + step + names.length) % names.length];
    openView(next);
    document.getElementById(`view-${next}`).focus();
  });
  return names;
}

function openView(name) {
  state.view = name;
  for (const tab of document.querySelectorAll('[role="tab"]')) {
    const selected = tab.id === `view-${name}`;
    tab.setAttribute("aria-selected", selected);
    tab.tabIndex = selected ? 0 : -1;
  }
  document.getElementById("stage").setAttribute("aria-labelledby", `view-${name}`);
  tellHint();
  makeControls();
  Plotly.purge(plot);
  draw();
  if (name !== "table") listen();
}

function makeControls() {
  const redraw = (name) => (value) => { state[name] = value; draw(); };
  const metrics = Object.keys(study.metrics).map((name) => [name, study.titles[name]]);
  const controls = [];
  if (metrics.length > 1) controls.push(selectBox("metric", "metric", metrics, state.metric, redraw("metric")));
  if (state.view === "pareto") {
    const costs = possibleCosts().map((name) => [name, COSTS[name]]);
    controls.push(selectBox("cost", "cost", costs, state.cost, redraw("cost")));
  } else if (state.view !== "table") {
    const quantities = Object.entries(QUANTITIES).map(([name, one]) => [name, one.label]);
    controls.push(selectBox("quantity", "value", quantities, state.quantity, redraw("quantity")));
  }
  const names = parameters.map((one, k) => [String(k), one.short]);
  axesOf(state.view).forEach((axis, k) => {
    if (parameters.length > 1) {
      controls.push(selectBox(`axis-${k}`, VIEWS[state.view].axes[k], names, String(axis), (value) => chooseAxis(k, Number(value))));
    }
  });
  document.getElementById("controls").replaceChildren(...controls);
  makeSliders();
}

// A parameter that already has an axis changes places with the one it replaces.
function chooseAxis(k, parameter) {
  const other = state.axes.indexOf(parameter);
  if (other >= 0) state.axes[other] = state.axes[k];
  state.axes[k] = parameter;
  makeControls();
  draw();
  document.getElementById(`axis-${k}`).focus();
}

function makeSliders() {
  const axes = axesOf(state.view);
  const hidden = axes.length ? parameters.map((_, k) => k).filter((k) => !axes.includes(k)) : [];
  document.getElementById("sliders").replaceChildren(...hidden.map((k) => {
    const one = parameters[k];
    const output = element("output", { for: `slider-${k}` }, one.values[state.cut[k]]);
    const input = element("input", { type: "range", id: `slider-${k}`, min: 0, max: one.values.length - 1, step: 1,
      value: state.cut[k], "aria-valuetext": one.values[state.cut[k]], oninput: (event) => {
        state.cut[k] = Number(event.target.value);
        output.textContent = one.values[state.cut[k]];
        event.target.setAttribute("aria-valuetext", one.values[state.cut[k]]);
        draw();
      } });
    return element("div", { class: "slider" },
      element("div", {}, element("label", { for: `slider-${k}` }, one.short), output), input);
  }));
}

function draw() {
  const isTable = state.view === "table";
  plot.hidden = isTable;
  document.getElementById("table").hidden = !isTable;
  if (isTable) {
    drawTable();
    return;
  }
  const { data, layout } = VIEWS[state.view].draw();
  plot.setAttribute("aria-label", `${VIEWS[state.view].label} of ${nameOf()}. All values are in the table, too.`);
  layout.uirevision = `${state.view} ${axesOf(state.view)}`;
  Plotly.react(plot, data, layout, CONFIG);
  if (state.view === "parallel") choose();
}

function listen() {
  plot.on("plotly_click", ({ points: [{ customdata: trial }] }) => {
    // a scene repeats the click at every drawing while the button is down
    if (Number.isInteger(trial) && trial !== state.trial) requestAnimationFrame(() => openTrial(trial));
  });
  plot.on("plotly_restyle", () => {
    if (state.view === "parallel") choose();
  });
}

function choose() {
  state.chosen = trialsBetween(plot.data[0].dimensions);
  tellHint();
}

function tellHint() {
  const { hint } = VIEWS[state.view];
  const isFiltered = state.chosen && ["parallel", "table"].includes(state.view);
  document.getElementById("hint").textContent = isFiltered
    ? `${state.chosen.size} of ${ranking.length} trials chosen by parallel coordinates. ${hint}` : hint;
}

function openTrial(trial) {
  state.trial = trial;
  state.cut = positionsOf(trial);
  showTrial();
  makeSliders();
  draw();
}

function columnsOfTable() {
  const score = study.metrics[state.metric];
  const columns = { trial: { label: "trial", read: (k) => k + 1 } };
  parameters.forEach((one, k) => {
    columns[`parameter-${k}`] = { label: one.short, read: (trial) => positionsOf(trial)[k],
      write: (trial) => one.values[positionsOf(trial)[k]] };
  });
  for (const [name, label] of [["quality", study.titles[state.metric]], ["spread", "std"], ["gradient", "gradient"]]) {
    columns[name] = { label, read: (trial) => score[name][trial] };
  }
  for (const [name, label] of [["n_parameters", "size"], ["fit_time", "fit time, s"]]) {
    if (study[name]) columns[name] = { label, read: (trial) => study[name][trial] };
  }
  return columns;
}

const FIRST_ROWS = 250;

function drawTable(all = false) {
  const columns = columnsOfTable();
  const { column, down } = state.sort;
  const listed = trials.filter((trial) => !state.chosen || state.chosen.has(trial));
  const last = (value) => (value === null ? -Infinity : down ? value : -value);
  listed.sort((a, b) => last(columns[column].read(b)) - last(columns[column].read(a)) || a - b);
  const shown = all ? listed : listed.slice(0, FIRST_ROWS);
  const head = Object.entries(columns).map(([name, one]) => element("th",
    { scope: "col", "aria-sort": name === column ? (down ? "descending" : "ascending") : null },
    element("button", { type: "button", id: `sort-${name}`, onclick: () => sortBy(name) },
      one.label + (name === column ? (down ? " \u2193" : " \u2191") : ""))));
  const rows = shown.map((trial) => element("tr", { "data-trial": trial, "aria-current": trial === state.trial ? "true" : null, onclick: () => openTrial(trial) },
    ...Object.entries(columns).map(([name, one]) => element("td", {}, name === "trial"
      ? element("button", { type: "button", "aria-label": `Open trial ${trial + 1}` }, String(trial + 1))
      : one.write ? one.write(trial) : format(one.read(trial))))));
  const table = element("table", {}, element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...rows));
  const more = shown.length < listed.length
    ? element("button", { type: "button", class: "more", onclick: () => drawTable(true) }, `show all ${listed.length} trials`) : null;
  const focused = document.activeElement?.closest("tr")?.dataset.trial;
  document.getElementById("table").replaceChildren(...[table, more].filter((node) => node !== null));
  if (focused) document.querySelector(`tr[data-trial="${focused}"] button`)?.focus();
}

function sortBy(name) {
  const { column, down } = state.sort;
  state.sort = { column: name, down: name === column ? !down : true };
  drawTable();
  document.getElementById(`sort-${name}`).focus();
}

function summarize() {
  const quality = study.metrics[study.main_metric].quality;
  const spread = study.metrics[study.main_metric].spread;
  const missing = trials.length - ranking.length;
  const count = (n, word) => `${n} ${word}${n === 1 ? "" : "s"}`;
  const best = `Best ${study.titles[study.main_metric]}: ${format(quality[study.best])} \u00b1 ${format(spread[study.best], 2)} at ${describeTrial(study.best).join(", ")}.`;
  document.getElementById("summary").textContent = `${count(trials.length, "trial")} over ${count(parameters.length, "parameter")}, ${count(study.n_folds, "fold")}${missing ? `, ${missing} without a result` : ""}. ${ranking.length ? best : ""}`;
}

const step = (by) => () => openTrial(ranking[ranking.indexOf(state.trial) + by]);
document.getElementById("previous").addEventListener("click", step(-1));
document.getElementById("next").addEventListener("click", step(1));
document.getElementById("best").addEventListener("click", () => openTrial(study.best));
for (const form of document.querySelectorAll("form")) form.addEventListener("submit", (event) => event.preventDefault());
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { draw(); showTrial(); });

summarize();
showTrial();
openView(makeTabs()[0]);
