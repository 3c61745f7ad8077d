// One function a view: it returns traces and layout for Plotly.
const VIEWS = {
  cube: { label: "Cube", axes: ["x", "y", "z"], draw: drawCube,
    hint: "Drag to turn, scroll to zoom, click a point to open its trial. Crosses have no result." },
  surface: { label: "Surface", axes: ["x", "y"], draw: drawSurface,
    hint: "Drag to turn, click the surface to open the nearest trial. Holes have no result." },
  heat: { label: "Heat map", axes: ["x", "y"], draw: drawHeatMap,
    hint: "Click a cell to open its trial. Empty cells have no result." },
  curves: { label: "Curves", axes: ["x", "curves"], draw: drawCurves,
    hint: "Click a point to open its trial. Bars are one standard deviation over the folds." },
  parallel: { label: "Parallel coordinates", axes: [], draw: drawParallel,
    hint: "Drag along an axis to choose a range; the table then lists only these trials." },
  pareto: { label: "Pareto", axes: [], draw: drawPareto,
    hint: "Click a point to open its trial. The line joins trials that no other beats in both." },
  table: { label: "Table", axes: [],
    hint: "Click a row to open its trial; click a heading to sort." },
};

function possibleViews() {
  const n = parameters.length;
  const webgl = hasWebGL();
  const possible = { cube: n > 2 && webgl, surface: hasSurface() && webgl, heat: n > 1,
    curves: true, parallel: n > 1 && webgl, pareto: true, table: true };
  return Object.keys(VIEWS).filter((name) => possible[name]);
}

function hasSurface() {
  return parameters.filter((one) => one.values.length > 1).length > 1;
}

function hasWebGL() {
  const canvas = document.createElement("canvas");
  return Boolean(canvas.getContext("webgl2") || canvas.getContext("webgl"));
}

function axesOf(view) {
  return state.axes.slice(0, Math.min(VIEWS[view].axes.length, parameters.length));
}

// All trials on the cut, with their positions along the given axes.
function trialsOnCut(axes) {
  return trials.filter((trial) => isOnCut(trial, axes));
}

function colourScale() {
  const { scale, reversed } = QUANTITIES[state.quantity];
  const [cmin, cmax] = rangeOf(valuesOf());
  return { colorscale: scale, reversescale: reversed, cmin, cmax, showscale: true,
    colorbar: { title: { text: plain(nameOf()), side: "right" }, thickness: 14, outlinewidth: 0, len: 0.85 } };
}

function tickedAxis(axis, extra = {}) {
  const one = parameters[axis];
  return { ...plainAxis(one.short), tickmode: "array", tickvals: one.values.map((_, k) => k),
    ticktext: one.values.map(plain), range: [-0.5, one.values.length - 0.5], ...extra };
}

function plainAxis(title, extra = {}) {
  return { title: { text: plain(title) }, gridcolor: colour("line"), zeroline: false,
    linecolor: colour("line"), color: colour("ink"), automargin: true, ...extra };
}

function baseLayout(extra = {}) {
  return { paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", uirevision: "keep",
    font: { color: colour("ink"), family: getComputedStyle(document.body).fontFamily, size: 13 },
    margin: { l: 60, r: 20, t: 20, b: 55 }, hovermode: "closest", showlegend: false,
    modebar: { bgcolor: "rgba(0,0,0,0)", color: colour("muted"), activecolor: colour("ink") },
    hoverlabel: { bgcolor: colour("panel"), bordercolor: colour("line"), font: { color: colour("ink") } },
    ...extra };
}

function points(type, chosen, coordinates, extra) {
  const trace = { type, mode: "markers", customdata: chosen,
    text: chosen.map(hoverText), hoverinfo: "text", ...extra };
  for (const [name, read] of Object.entries(coordinates)) trace[name] = chosen.map(read);
  return trace;
}

// A ring around the open trial, where the view shows it.
function ring(type, isShown, coordinates) {
  return points(type, [state.trial].filter(isShown), coordinates, { name: "open trial", hoverinfo: "skip",
    showlegend: false, marker: { symbol: "circle-open", size: 18, color: colour("mark"), line: { width: 3, color: colour("mark") } } });
}

function drawCube() {
  const axes = axesOf("cube");
  const values = valuesOf();
  const shown = trialsOnCut(axes);
  const coordinates = Object.fromEntries(axes.map((axis, k) =>
    ["xyz"[k], (trial) => positionsOf(trial)[axis]]));
  const known = shown.filter((trial) => values[trial] !== null);
  const missing = shown.filter((trial) => values[trial] === null);
  const scene = Object.fromEntries(axes.map((axis, k) => [`${"xyz"[k]}axis`,
    tickedAxis(axis, { showbackground: true, backgroundcolor: colour("panel"), showspikes: false })]));
  return {
    data: [
      points("scatter3d", known, coordinates, { name: "trials", marker: { symbol: "square", size: 9,
        color: known.map((trial) => values[trial]), ...colourScale(), line: { width: 0 } } }),
      points("scatter3d", missing, coordinates, { name: "no result",
        marker: { symbol: "x", size: 3, color: colour("missing") } }),
      ring("scatter3d", (trial) => isOnCut(trial, axes), coordinates),
    ],
    layout: baseLayout({ margin: { l: 0, r: 0, t: 0, b: 0 },
      scene: { ...scene, aspectmode: "cube", camera: cameraFrom(1.35, -1.5, 0.8) } }),
  };
}

// Farther away where the plot is narrow, a little above the middle.
function cameraFrom(x, y, z) {
  const { width, height } = document.getElementById("plot").getBoundingClientRect();
  const far = Math.max(1.25, (1.65 * height) / width);
  return { eye: { x: far * x, y: far * y, z: far * z }, center: { x: 0, y: 0, z: -0.12 } };
}

function gridOf(values, [x, y]) {
  return parameters[y].values.map((_, j) => parameters[x].values.map((_, i) =>
    values[trialOnCut([[x, i], [y, j]])]));
}

function drawSurface() {
  const axes = axesOf("surface");
  const values = valuesOf();
  const z = gridOf(values, axes);
  const coordinates = { x: (trial) => positionsOf(trial)[axes[0]],
    y: (trial) => positionsOf(trial)[axes[1]], z: (trial) => values[trial] };
  const shown = trialsOnCut(axes).filter((trial) => values[trial] !== null);
  // the ring hovers above the surface, which would hide half of it
  const lift = 0.02 * (rangeOf(values)[1] - rangeOf(values)[0]);
  const box = { showbackground: true, backgroundcolor: colour("panel"), showspikes: false };
  return {
    data: [
      { type: "surface", name: "surface", z, x: z[0].map((_, i) => i), y: z.map((_, j) => j), ...colourScale(), hoverinfo: "skip",
        contours: { x: { highlight: false }, y: { highlight: false }, z: { highlight: false } } },
      points("scatter3d", shown, coordinates, { name: "trials",
        marker: { size: 4, color: colour("ink"), opacity: 0.55 } }),
      ring("scatter3d", (trial) => shown.includes(trial), { ...coordinates, z: (trial) => values[trial] + lift }),
    ],
    layout: baseLayout({ margin: { l: 0, r: 0, t: 0, b: 0 }, scene: {
      xaxis: tickedAxis(axes[0], box), yaxis: tickedAxis(axes[1], box),
      // the bar of colours names the height, too
      zaxis: plainAxis("", { ...box, range: padded(rangeOf(values)) }),
      aspectmode: "manual", aspectratio: { x: 1.1, y: 1.1, z: 0.8 }, camera: cameraFrom(-1.35, -1.5, 0.9) } }),
  };
}

function drawHeatMap() {
  const axes = axesOf("heat");
  const z = gridOf(valuesOf(), axes);
  const few = z.length * z[0].length <= 150;
  const ids = gridOf(trials, axes);
  const { cmin, cmax, ...scale } = colourScale();
  return {
    data: [
      { type: "heatmap", name: "cells", z, x: z[0].map((_, i) => i), y: z.map((_, j) => j), customdata: ids,
        zmin: cmin, zmax: cmax, ...scale, xgap: 2, ygap: 2, hoverongaps: false,
        text: ids.map((row) => row.map(hoverText)), hovertemplate: "%{text}<extra></extra>",
        ...(few ? { texttemplate: "%{z:.3~f}" } : {}) },
    ],
    layout: baseLayout({ xaxis: tickedAxis(axes[0], { showgrid: false }), yaxis: tickedAxis(axes[1], { showgrid: false }),
      shapes: isOnCut(state.trial, axes) ? [frame(positionsOf(state.trial), axes)] : [] }),
  };
}

function frame(positions, [x, y]) {
  return { type: "rect", x0: positions[x] - 0.5, x1: positions[x] + 0.5, y0: positions[y] - 0.5, y1: positions[y] + 0.5,
    line: { color: colour("mark"), width: 4 } };
}

const SERIES = ["#2490bd", "#d1495b", "#6a994e", "#8f6bb8", "#c77b30", "#7b8794"];
const SYMBOLS = ["circle", "square", "diamond", "triangle-up", "x", "star"];

function drawCurves() {
  const [x, curves] = axesOf("curves");
  const values = valuesOf();
  const spread = valuesOf("spread");
  const many = curves === undefined ? [null] : parameters[curves].values;
  const traces = many.map((value, j) => {
    const row = parameters[x].values.map((_, i) =>
      trialOnCut(curves === undefined ? [[x, i]] : [[x, i], [curves, j]]));
    const hue = SERIES[j % SERIES.length];
    return points("scatter", row, { x: (trial) => positionsOf(trial)[x], y: (trial) => values[trial] }, {
      name: value === null ? "" : plain(value), mode: "lines+markers",
      line: { color: hue, width: 2 }, marker: { color: hue, size: 8, symbol: SYMBOLS[j % SYMBOLS.length] },
      ...(state.quantity === "quality"
        ? { error_y: { type: "data", array: row.map((trial) => spread[trial]), color: hue, thickness: 1, width: 3 } } : {}) });
  });
  const shown = (trial) => values[trial] !== null && isOnCut(trial, curves === undefined ? [x] : [x, curves]);
  return {
    data: [...traces, ring("scatter", shown, { x: (trial) => positionsOf(trial)[x], y: (trial) => values[trial] })],
    layout: baseLayout({ xaxis: tickedAxis(x), yaxis: plainAxis(nameOf()), showlegend: curves !== undefined,
      legend: { title: { text: curves === undefined ? "" : plain(parameters[curves].short) }, bgcolor: "rgba(0,0,0,0)" } }),
  };
}

function drawParallel() {
  const values = valuesOf();
  const known = trials.filter((trial) => values[trial] !== null);
  const dimensions = parameters.map((one, k) => ({ label: plain(one.short),
    values: known.map((trial) => positionsOf(trial)[k]), tickvals: one.values.map((_, i) => i),
    ticktext: one.values.map(plain), range: [-0.1, one.values.length - 0.9] }));
  const isCrowded = document.getElementById("plot").clientWidth < 150 * dimensions.length;
  dimensions.push({ label: plain(nameOf()), values: known.map((trial) => values[trial]) });
  return {
    data: [{ type: "parcoords", dimensions, customdata: known,
      line: { color: known.map((trial) => values[trial]), ...colourScale() },
      unselected: { line: { color: colour("missing"), opacity: 0.12 } },
      labelangle: isCrowded ? -18 : 0,
      labelfont: { color: colour("ink"), size: 12 }, tickfont: { color: colour("ink"), size: 12, shadow: "none" },
      rangefont: { color: colour("muted"), size: 10 } }],
    layout: baseLayout({ margin: { l: 90, r: 50, t: 70, b: 30 } }),
  };
}

// Trials that the ranges on the axes of the parallel coordinates let through.
function trialsBetween(dimensions) {
  const inside = (one, k) => {
    if (!one.constraintrange) return true;
    const ranges = Array.isArray(one.constraintrange[0]) ? one.constraintrange : [one.constraintrange];
    // a range that snaps to a value may miss it by the last digit
    const slack = 1e-9;
    return ranges.some(([low, high]) => one.values[k] >= low - slack && one.values[k] <= high + slack);
  };
  const known = trials.filter((trial) => valuesOf()[trial] !== null);
  if (!dimensions.some((one) => one.constraintrange)) return null;
  return new Set(known.filter((_, k) => dimensions.every((one) => inside(one, k))));
}

const COSTS = { gradient: "gradient over the grid", spread: "standard deviation over folds",
  n_parameters: "parameters of the net", fit_time: "fit time, s" };

function possibleCosts() {
  return Object.keys(COSTS).filter((name) => costsOf(name));
}

function paretoFront(cost, gain) {
  const known = trials.filter((k) => cost[k] !== null && gain[k] !== null);
  known.sort((a, b) => cost[a] - cost[b] || gain[b] - gain[a]);
  const front = [];
  let highest = -Infinity;
  let at = null;
  for (const k of known) {
    if (gain[k] > highest || (gain[k] === highest && cost[k] === at)) {
      front.push(k);
      highest = gain[k];
      at = cost[k];
    }
  }
  return front;
}

function drawPareto() {
  const cost = costsOf(state.cost);
  const gain = valuesOf("quality");
  const spread = valuesOf("spread");
  const front = paretoFront(cost, gain);
  const rest = trials.filter((k) => cost[k] !== null && gain[k] !== null && !front.includes(k));
  const coordinates = { x: (k) => cost[k], y: (k) => gain[k] };
  return {
    data: [
      points("scatter", rest, coordinates, { name: "trials", marker: { color: colour("missing"), size: 8 } }),
      points("scatter", front, coordinates, { name: "front", mode: "lines+markers", line: { shape: "hv", color: colour("accent"), width: 2 },
        marker: { color: colour("accent"), size: 11 },
        error_y: { type: "data", array: front.map((k) => spread[k]), color: colour("accent"), thickness: 1, width: 3 } }),
      ring("scatter", (k) => cost[k] !== null && gain[k] !== null, coordinates),
    ],
    layout: baseLayout({ xaxis: plainAxis(COSTS[state.cost]), yaxis: plainAxis(nameOf(state.metric, "quality")) }),
  };
}

function padded([low, high]) {
  const margin = 0.05 * (high - low);
  return [low - margin, high + margin];
}
