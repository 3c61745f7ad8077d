const KEY = `skseisfp review ${document.body.dataset.review}`;
const COLUMNS = ["record_id", "event_id", "station", "reason"];
const events = [...document.querySelectorAll(".event")];
const records = [...document.querySelectorAll(".record")];
const byId = (id) => document.getElementById(id);
let excluded = load();

function load() {
  let kept = null;
  try {
    kept = localStorage.getItem(KEY);
  } catch {
    byId("trouble").hidden = false;
  }
  return new Map(JSON.parse(kept ?? byId("excluded").textContent));
}

function keep() {
  try {
    localStorage.setItem(KEY, JSON.stringify([...excluded]));
  } catch {
    byId("trouble").hidden = false;
  }
}

const boxOf = (record) => record.querySelector("[type=checkbox]");
const reasonOf = (record) => record.querySelector(".reason");
const isExcluded = (record) => excluded.has(record.dataset.id);
const numberOf = (list) => list.filter(isExcluded).length;

function showRecord(record) {
  const reason = excluded.get(record.dataset.id);
  boxOf(record).checked = reason !== undefined;
  record.classList.toggle("excluded", reason !== undefined);
  if (reasonOf(record).value !== (reason ?? "")) reasonOf(record).value = reason ?? "";
}

function showCounts(event) {
  const own = [...event.querySelectorAll(".record")];
  const count = numberOf(own);
  event.querySelector(".count").textContent = count ? `${count} of ${own.length} excluded` : "";
  event.querySelector(".all").textContent = count === own.length ? "keep all" : "exclude all";
}

function showTotal() {
  byId("total").textContent = `${numberOf(records)} of ${records.length} records excluded`;
}

function showAll() {
  records.forEach(showRecord);
  events.forEach(showCounts);
  showTotal();
}

function changed(event, list) {
  keep();
  list.forEach(showRecord);
  showCounts(event);
  showTotal();
}

byId("events").addEventListener("input", ({ target }) => {
  const record = target.closest(".record");
  const out = target.type === "checkbox" ? target.checked : isExcluded(record) || target.value !== "";
  if (out) excluded.set(record.dataset.id, reasonOf(record).value);
  else excluded.delete(record.dataset.id);
  changed(record.closest(".event"), [record]);
});

byId("events").addEventListener("click", ({ target }) => {
  if (!target.matches(".all")) return;
  const event = target.closest(".event");
  const own = [...event.querySelectorAll(".record")];
  const out = numberOf(own) < own.length;
  for (const { dataset } of own) {
    if (out) excluded.set(dataset.id, excluded.get(dataset.id) ?? "");
    else excluded.delete(dataset.id);
  }
  changed(event, own);
});

byId("clear").addEventListener("click", () => {
  if (!confirm("Keep all records, and forget the reasons?")) return;
  excluded.clear();
  keep();
  showAll();
});

// another tab with the same page
addEventListener("storage", ({ key }) => {
  if (key !== KEY) return;
  excluded = load();
  showAll();
});

byId("show").addEventListener("change", ({ target }) => {
  const [what, label] = [target.value, target.selectedOptions[0].dataset.label];
  for (const event of events) {
    const count = numberOf([...event.querySelectorAll(".record")]);
    const shown = { all: true, some: count > 0, none: !count, label: event.dataset.label === label };
    event.hidden = !shown[what];
  }
});

byId("tools").addEventListener("submit", (event) => event.preventDefault());

const quoted = (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

function table() {
  const rows = records.filter(isExcluded).map((record) => [
    record.dataset.id,
    record.closest(".event").dataset.event,
    record.dataset.station,
    excluded.get(record.dataset.id),
  ]);
  return [COLUMNS, ...rows].map((row) => `${row.map(quoted).join(",")}\n`).join("");
}

byId("save").addEventListener("click", () => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([table()], { type: "text/csv" }));
  link.download = "exclusions.csv";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
});

// Lows and highs of a trace, column by column, as bytes
function drawWave(svg) {
  const { values, start, step } = svg.dataset;
  const levels = Int8Array.from(atob(values), (letter) => letter.charCodeAt(0));
  const points = [];
  for (let k = 0; k < levels.length; k += 2) {
    const x = (Number(start) + (k / 2 + 0.5) * Number(step)).toFixed(3);
    points.push(`${x} ${-levels[k] / 128}`, `${x} ${-levels[k + 1] / 128}`);
  }
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("class", "wave");
  path.setAttribute("d", `M${points.join("L")}`);
  svg.append(path);
}

// Only what is near the window is drawn: pages may hold thousands of records
function draw(event, near) {
  for (const svg of event.querySelectorAll("svg")) {
    const wave = svg.querySelector(".wave");
    if (near && !wave) drawWave(svg);
    else if (!near && wave) wave.remove();
  }
}

const watch = new IntersectionObserver(
  (entries) => entries.forEach(({ target, isIntersecting }) => draw(target, isIntersecting)),
  { rootMargin: "800px" },
);
events.forEach((event) => watch.observe(event));
addEventListener("beforeprint", () => events.forEach((event) => draw(event, true)));
showAll();
