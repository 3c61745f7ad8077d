"use strict";

const byId = (id) => document.getElementById(id);
const { settings, model } = EXPORTED;
const { contract, decision, classes } = settings;
const nChannels = contract.record_shape.length > 1 ? contract.record_shape[0] : 1;
const nSamples = contract.record_shape.at(-1);
const plan = Fingerprint.makePlan(settings.fingerprint);
let session = null;
let spans = [];
let shown = null; // what is drawn
const UNDECIDED = "undecided";
const RATE_TOLERANCE = 1e-6; // relative; files hold rates as float32 or rounded periods
// of viridis: equal steps look equal, also in grey
const COLORS = [[68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98], [253, 231, 37]];

const bytesOf = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

async function unpack(text) {
  const stream = new Blob([bytesOf(text)]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

// The network needs no file but those of the page, which also works without a server
async function open() {
  const code = new Blob([await unpack(RUNTIME.mjs)], { type: "text/javascript" });
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmBinary = await unpack(RUNTIME.wasm);
  ort.env.wasm.wasmPaths = { mjs: URL.createObjectURL(code) };
  return ort.InferenceSession.create(bytesOf(model), { executionProviders: ["wasm"] });
}

function say(text) {
  byId("status").textContent = text;
}

function complain(error) {
  byId("error").hidden = error === null;
  byId("error").textContent = error === null ? "" : error.message;
  if (error !== null) {
    byId("result").hidden = true;
    say("");
  }
}

// Checks of the contract, as those of the runner

function check(span, rate) {
  const own = contract.sampling_rate;
  if (own !== null && !(Math.abs(rate - own) <= RATE_TOLERANCE * own)) {
    throw new Error(`The sampling rate is ${rate} Hz; must be ${own} Hz, as in training. Resample the record.`);
  }
  if (span.components !== null && contract.components !== null && span.components !== contract.components) {
    throw new Error(`The components are ${span.components}; must be ${contract.components}, in this order.`);
  }
  if (span.channels.length !== nChannels) {
    throw new Error(`The file has ${span.channels.length} components; must have ${nChannels}.`);
  }
  if (span.channels[0].length < nSamples) {
    throw new Error(`The recording has ${span.channels[0].length} samples; must have ${nSamples} or more.`);
  }
}

async function predict(traces) {
  const { images, signs, values } = Fingerprint.fingerprint(traces, settings.fingerprint, plan);
  const tensor = new ort.Tensor(settings.model_input.dtype, values, [1, ...settings.model_input.shape]);
  const { probabilities: scores } = await session.run({ fingerprints: tensor });
  const probabilities = Fingerprint.calibrate(Array.from(scores.data), settings.calibration);
  const flags = Fingerprint.flags(traces, values, settings.limits, settings.noise);
  const best = probabilities.indexOf(Math.max(...probabilities));
  const { least_score: least, excluded_below: below } = decision;
  const isPossible = (_, k) => k !== best && (below[k] === null || probabilities[k] >= below[k]);
  const possible = below ? classes.filter(isPossible) : [];
  const reasons = [...flags];
  if (least !== null && probabilities[best] < least) reasons.push(`a probability below ${least}`);
  if (possible.length) reasons.push(`also possible: ${possible.join(", ")}`);
  if (decision.min_stations > 1) reasons.push(`it takes ${decision.min_stations} stations`);
  return { traces, images, signs, values, probabilities, flags, reasons, best };
}

// Drawing

const colorOf = (name) => getComputedStyle(document.body).getPropertyValue(name).trim();

function make(tag, properties, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

function ramp(value) {
  const at = Math.min(Math.max(value, 0), 1) * (COLORS.length - 1);
  const [low, high] = [COLORS[Math.floor(at)], COLORS[Math.ceil(at)]];
  return low.map((component, k) => component + (high[k] - component) * (at % 1));
}

function drawImage(canvas, rows, columns, pixel) {
  [canvas.width, canvas.height] = [columns, rows];
  const context = canvas.getContext("2d");
  const image = context.createImageData(columns, rows);
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      const at = 4 * ((rows - 1 - row) * columns + column); // low frequencies below
      image.data.set([...pixel(row * columns + column), 255], at);
    }
  }
  context.putImageData(image, 0, 0);
}

function drawTrace(canvas, trace) {
  const scale = devicePixelRatio || 1;
  [canvas.width, canvas.height] = [canvas.clientWidth * scale, canvas.clientHeight * scale];
  const context = canvas.getContext("2d");
  const mean = trace.reduce((sum, value) => sum + value / trace.length, 0);
  const peak = trace.reduce((most, value) => Math.max(most, Math.abs(value - mean)), 0) || 1;
  context.strokeStyle = colorOf("--ink");
  context.lineWidth = scale * 0.8;
  context.beginPath();
  trace.forEach((value, k) => {
    const x = (k / (trace.length - 1)) * canvas.width;
    context.lineTo(x, canvas.height * (0.5 - (0.48 * (value - mean)) / peak));
  });
  context.stroke();
  return peak;
}

function rgbOf(name) {
  const context = make("canvas", { width: 1, height: 1 }).getContext("2d");
  context.fillStyle = colorOf(name);
  context.fillRect(0, 0, 1, 1);
  return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
}

const brief = (value) => String(Number(value.toPrecision(3)));

function figure(title, description, up, along) {
  const canvas = make("canvas", {});
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", description);
  const labels = (kind, texts) => make("span", { className: kind }, ...texts.map((text) => make("span", { textContent: text })));
  const box = make("figure", {}, labels("up", up), canvas, labels("along", along), make("figcaption", { textContent: title }));
  return { box, canvas };
}

function drawChannel(k) {
  const { traces, images, signs, components } = shown;
  const { frequencies, sampling_rate: rate } = settings.fingerprint;
  const name = (contract.components ?? components)?.[k] ?? `component ${k + 1}`;
  const [start, end] = settings.fingerprint.window_samples.map((sample) => `${brief(sample / rate)} s`);
  const [lowest, highest] = [frequencies[0], frequencies.at(-1)].map((f) => `${brief(f)} Hz`);
  const middle = `${brief(Math.sqrt(frequencies[0] * frequencies.at(-1)))} Hz`;
  const kept = signs[k].reduce((count, sign) => count + Math.abs(sign), 0);
  const record = figure("record", `Record of ${name}, ${nSamples} samples`, ["+", "0", "−"], ["0 s", `${brief(nSamples / rate)} s`]);
  const image = figure("scalogram", `Scalogram of ${name}, ${lowest} to ${highest}`, [highest, middle, lowest], [start, end]);
  const fingerprint = figure("fingerprint", `Fingerprint of ${name}, ${kept} coefficients`, ["fine", "coarse"], ["coarse in time", "fine"]);
  const boxes = [record, image, fingerprint].map(({ box }) => box);
  byId("channels").append(make("div", { className: "channel" }, make("h3", { textContent: name }), ...boxes));
  const peak = drawTrace(record.canvas, traces[k]);
  record.box.querySelector("figcaption").textContent = `record, largest amplitude ${brief(peak)}${contract.units === "unknown" ? "" : ` ${contract.units}`}`;
  drawImage(image.canvas, plan.rows, plan.columns, (at) => ramp(images[k][at]));
  const colors = { 0: rgbOf("--panel"), 1: rgbOf("--accent"), "-1": rgbOf("--mark") };
  const kind = { presence: Math.abs, positive: (sign) => Math.max(sign, 0) }[settings.fingerprint.encoding] ?? ((sign) => sign);
  drawImage(fingerprint.canvas, plan.rows, plan.columns, (at) => colors[kind(signs[k][at])]);
}

function draw() {
  if (shown === null) return;
  const { probabilities, reasons, best } = shown;
  byId("result").hidden = false;
  const name = reasons.length ? UNDECIDED : String(classes[best]);
  const why = reasons.length ? `most probable: ${classes[best]}; ${reasons.join(", ")}` : "";
  byId("outcome").replaceChildren(name, make("small", { textContent: why }));
  byId("classes").replaceChildren(...classes.map((label, k) => {
    const bar = make("span", { className: "bar" });
    bar.style.setProperty("--share", probabilities[k]);
    const share = make("td", { textContent: `${(100 * probabilities[k]).toFixed(1)} %` });
    bar.setAttribute("aria-hidden", "true");
    return make("tr", {}, make("th", { scope: "row", textContent: label }), share, make("td", {}, bar));
  }));
  byId("channels").replaceChildren();
  shown.traces.forEach((_, k) => drawChannel(k));
}

// What a person does

async function refresh() {
  const span = spans[byId("span").selectedIndex];
  if (!span || session === null) return;
  try {
    const rate = span.rate ?? Number(byId("rate").value);
    check(span, rate);
    const spare = span.channels[0].length - nSamples;
    byId("starts").hidden = spare === 0;
    byId("start").max = spare / rate;
    byId("length").textContent = `The record takes ${brief(nSamples / rate)} of ${brief(span.channels[0].length / rate)} s. ${whereIsP()}`;
    const first = Math.round(Number(byId("start").value) * rate);
    if (!(first >= 0 && first <= spare)) throw new Error(`The start must be from 0 to ${spare / rate} s.`);
    say("The record is being read.");
    const traces = span.channels.map((channel) => channel.slice(first, first + nSamples));
    shown = { ...(await predict(traces)), components: span.components };
    complain(null);
    draw();
    say(`Prediction: ${byId("outcome").firstChild.textContent}.`);
  } catch (error) {
    shown = null;
    complain(error);
  }
}

// one after the other, as a session runs one record at a time
let last = Promise.resolve();

function update() {
  last = last.then(refresh);
  return last;
}

function whereIsP() {
  if (contract.align !== "P" || contract.window === null) return "";
  return `P must lie ${brief(-contract.window[0])} s after its start.`;
}

async function take(file) {
  try {
    spans = Recordings.read(await file.arrayBuffer(), contract.components);
    byId("span").replaceChildren(...spans.map(({ name }) => make("option", { textContent: name })));
    byId("spans").hidden = spans.length < 2;
    byId("rates").hidden = spans[0].rate !== null;
    byId("start").value = 0;
    await update();
  } catch (error) {
    [spans, shown] = [[], null];
    complain(error);
  }
}

byId("rate").value = contract.sampling_rate ?? settings.fingerprint.sampling_rate;
byId("file").addEventListener("change", ({ target }) => target.files.length && take(target.files[0]));
for (const id of ["span", "rate", "start"]) byId(id).addEventListener("change", update);
byId("input").addEventListener("submit", (event) => event.preventDefault());
for (const kind of ["dragover", "dragleave", "drop"]) {
  addEventListener(kind, (event) => {
    event.preventDefault();
    byId("drop").classList.toggle("over", kind === "dragover");
    if (kind === "drop" && event.dataTransfer.files.length) take(event.dataTransfer.files[0]);
  });
}
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
addEventListener("resize", draw);
open().then((opened) => {
  session = opened;
  say("Choose a file.");
  return update();
}).catch((error) => complain(new Error(`The classifier cannot be loaded: ${error.message}`)));
