// Recordings from files, in a browser (`Recordings`) and in Node (`require`): miniSEED
// of version 2 with samples of 16 or 32 bits, floats, Steim1 and Steim2, and CSV.
"use strict";

const Recordings = (() => {
  const HEADER = 48; // bytes of the fixed header (SEED manual 2.4, chapter 8)
  const YEARS = [1900, 2100]; // a year in this range shows the byte order, as in libmseed
  const NUMBERS = {
    1: { size: 2, read: "getInt16" },
    3: { size: 4, read: "getInt32" },
    4: { size: 4, read: "getFloat32" },
    5: { size: 8, read: "getFloat64" },
  };
  // bits and number of the differences of a word of Steim2, by its two codes
  const STEIM2 = { 2: { 1: [30, 1], 2: [15, 2], 3: [10, 3] }, 3: { 0: [6, 5], 1: [5, 6], 2: [4, 7] } };
  const GAP = 0.5; // of a sample, beyond which a record does not continue another

  const signed = (value, bits) => (value << (32 - bits)) >> (32 - bits);

  // bytes and half words lie in the order of time, also where words are little-endian
  function differences(view, at, code, little, isSecond) {
    if (code === 1) return [0, 1, 2, 3].map((k) => view.getInt8(at + k));
    const word = view.getInt32(at, little);
    if (!isSecond) return code === 2 ? [0, 2].map((k) => view.getInt16(at + k, little)) : [word];
    const packing = STEIM2[code][word >>> 30];
    if (!packing) throw new Error("A word of Steim2 has a code that does not exist.");
    const [bits, count] = packing;
    return Array.from({ length: count }, (_, k) => signed(word >> (bits * (count - 1 - k)), bits));
  }

  function readSteim(view, start, end, count, little, isSecond) {
    const steps = [];
    let [first, last] = [0, 0];
    for (let frame = start; frame + 64 <= end && steps.length < count; frame += 64) {
      const codes = view.getUint32(frame, little);
      for (let k = 1; k < 16; k += 1) {
        const at = frame + 4 * k;
        const code = (codes >>> (30 - 2 * k)) & 3;
        if (frame === start && k === 1) first = view.getInt32(at, little);
        else if (frame === start && k === 2) last = view.getInt32(at, little);
        else if (code) steps.push(...differences(view, at, code, little, isSecond));
      }
    }
    if (steps.length < count) throw new Error(`A record has ${steps.length} of its ${count} samples.`);
    const samples = new Float64Array(count);
    if (count) samples[0] = first; // the first difference is that to the record before
    for (let k = 1; k < count; k += 1) samples[k] = (samples[k - 1] + steps[k]) | 0;
    if (count && samples[count - 1] !== last) throw new Error("A record does not end with the sample that it states.");
    return samples;
  }

  function readSamples(view, record) {
    const { encoding, count, little } = record;
    const [start, end] = [record.at + record.offset, record.at + record.length];
    if (encoding === 10 || encoding === 11) return readSteim(view, start, end, count, little, encoding === 11);
    const kind = NUMBERS[encoding];
    if (!kind) throw new Error(`Samples of the encoding ${encoding} are not read: Steim1, Steim2, integers and floats are.`);
    if (start + kind.size * count > end) throw new Error("A record is shorter than its samples.");
    return Float64Array.from({ length: count }, (_, k) => view[kind.read](start + kind.size * k, little));
  }

  function readHeader(view, at) {
    const isYear = (year) => year >= YEARS[0] && year <= YEARS[1];
    const little = !isYear(view.getUint16(at + 20, false));
    if (little && !isYear(view.getUint16(at + 20, true))) throw new Error("The year of a record is not valid.");
    const short = (k) => view.getUint16(at + k, little);
    const text = (k, n) => String.fromCharCode(...new Uint8Array(view.buffer, view.byteOffset + at + k, n)).trim();
    const factor = view.getInt16(at + 32, little);
    const multiplier = view.getInt16(at + 34, little);
    let rate = factor > 0 ? factor : -1 / factor;
    rate = multiplier > 0 ? rate * multiplier : rate / -multiplier;
    const seconds = view.getUint8(at + 24) * 3600 + view.getUint8(at + 25) * 60 + view.getUint8(at + 26);
    let start = Date.UTC(short(20), 0, short(22)) / 1000 + seconds + short(28) / 1e4;
    const record = { at, little, count: short(30), offset: short(44) };
    for (let next = short(46), left = 64; next && left; left -= 1) {
      const kind = short(next);
      if (kind === 1000) {
        record.encoding = view.getUint8(at + next + 4);
        record.length = 2 ** view.getUint8(at + next + 6);
      }
      if (kind === 100) rate = view.getFloat32(at + next + 4, little);
      if (kind === 1001) start += view.getInt8(at + next + 5) / 1e6;
      next = short(next + 2);
    }
    if (!record.length || record.length < 128) throw new Error("A record does not say how long it is.");
    const codes = [text(18, 2), text(8, 5), text(13, 2), text(15, 3)];
    return { ...record, rate, start, codes };
  }

  // Traces without gaps: { codes, rate, start (seconds), samples }
  function readMiniseed(buffer) {
    const view = new DataView(buffer);
    const pieces = [];
    for (let at = 0; at + HEADER <= view.byteLength; ) {
      const record = readHeader(view, at);
      if (at + record.length > view.byteLength) throw new Error("The file ends within a record.");
      if (record.count && record.rate > 0) pieces.push({ ...record, samples: readSamples(view, record) });
      at += record.length;
    }
    pieces.sort((a, b) => a.start - b.start);
    const traces = [];
    for (const piece of pieces) {
      const id = piece.codes.join(".");
      const before = traces.findLast((trace) => trace.id === id);
      const next = before && before.start + before.count / before.rate;
      if (before && before.rate === piece.rate && Math.abs(next - piece.start) * piece.rate < GAP) {
        before.parts.push(piece.samples);
        before.count += piece.count;
      } else {
        const { codes, rate, start, count } = piece;
        traces.push({ id, codes, rate, start, count, parts: [piece.samples] });
      }
    }
    return traces.map(({ codes, rate, start, count, parts }) => {
      const samples = new Float64Array(count);
      parts.reduce((at, part) => (samples.set(part, at), at + part.length), 0);
      return { codes, rate, start, samples };
    });
  }

  const isMiniseed = (buffer) => {
    const head = String.fromCharCode(...new Uint8Array(buffer.slice(0, 8)));
    if (head.startsWith("MS\u0003")) throw new Error("miniSEED of version 3 is not read; version 2 is.");
    return /^[0-9 \0]{6}[DRQM][ \0]/.test(head);
  };

  // A line for each sample, a column for each component
  function readTable(text) {
    const rows = text.split(/\r?\n/).filter((line) => line.trim()).map((line) => line.split(","));
    const isNumbers = (row) => row.every((cell) => cell.trim() !== "" && Number.isFinite(Number(cell)));
    let names = null;
    if (rows.length && !isNumbers(rows[0])) names = rows.shift().map((name) => name.trim());
    if (!rows.length) throw new Error("The file holds no samples.");
    rows.forEach((row, k) => {
      if (!isNumbers(row) || row.length !== rows[0].length) {
        throw new Error(`Sample ${k} must be ${rows[0].length} numbers, separated by commas; it is ${row.join(",")}.`);
      }
    });
    return { names, columns: rows[0].map((_, k) => Float64Array.from(rows, (row) => Number(row[k]))) };
  }

  const letter = (codes) => codes[3].slice(-1).replace("1", "N").replace("2", "E");
  const clock = (seconds) => new Date(1000 * seconds).toISOString().replace("T", " ").slice(0, 19);

  // The spans that all wanted components of an instrument have in common
  function spansOf(traces, components) {
    const spans = [];
    const key = ({ codes }) => [...codes.slice(0, 3), codes[3].slice(0, -1)].join(".");
    for (const name of new Set(traces.map(key))) {
      const own = traces.filter((trace) => key(trace) === name);
      const wanted = components ?? [...new Set(own.map(({ codes }) => letter(codes)))].sort().reverse().join("");
      let common = [{ traces: [], start: -Infinity, end: Infinity }];
      for (const component of wanted) {
        const these = own.filter(({ codes }) => letter(codes) === component);
        common = common.flatMap((span) => these.map((trace) => ({
          traces: [...span.traces, trace],
          start: Math.max(span.start, trace.start),
          end: Math.min(span.end, trace.start + trace.samples.length / trace.rate),
        }))).filter(({ start, end }) => end > start);
      }
      for (const span of common.filter((one) => one.traces.length)) {
        const { rate } = span.traces[0];
        if (span.traces.some((trace) => trace.rate !== rate)) continue;
        const starts = span.traces.map((trace) => Math.round((span.start - trace.start) * rate));
        const count = Math.min(...span.traces.map(({ samples }, k) => samples.length - starts[k]));
        const channels = span.traces.map(({ samples }, k) => samples.subarray(starts[k], starts[k] + count));
        spans.push({ name: `${name}, ${clock(span.start)}`, components: wanted, rate, channels });
      }
    }
    return spans;
  }

  // Recordings of a file: { name, components, rate (null for CSV), channels }
  function read(buffer, components) {
    if (!isMiniseed(buffer)) {
      const { names, columns } = readTable(new TextDecoder().decode(buffer));
      const letters = names?.map((name) => name.toUpperCase());
      const known = letters?.every((name) => /^[ZNE12]$/.test(name)) ? letters.join("") : null;
      return [{ name: "table", components: known, rate: null, channels: columns }];
    }
    const spans = spansOf(readMiniseed(buffer), components);
    if (!spans.length) throw new Error(`No instrument of the file has the components ${components} at one rate.`);
    return spans;
  }

  return { read, readMiniseed, readTable };
})();

if (typeof module !== "undefined") module.exports = Recordings;
