// Fingerprints of seismic records in double precision: the algorithm of the package
// skseisfp, with the parameters of `fingerprint.json`. It needs nothing else, and runs
// as a plain script in a browser (`Fingerprint`) and in Node (`require`).
"use strict";

const Fingerprint = (() => {
  const EPSILON = Number.EPSILON;
  const TINY = 2.2250738585072014e-308;
  // equal samples in a row at the extreme value, samples of such runs, and distance of
  // the extreme from the median in steps of the digitizer
  const CLIPPED = { run: 3, samples: 12, steps: 500 };
  const LEAST_PART = 0.5; // of a window about P that has to lie in the record
  const LARGEST_FACTOR = 61; // of a mixed-radix transform; longer primes are convolved

  // Fourier transforms: plans for complex arrays of one length, without a factor

  function roots(n) {
    const [cos, sin] = [new Float64Array(n), new Float64Array(n)];
    for (let k = 0; k < n; k += 1) {
      cos[k] = Math.cos((2 * Math.PI * k) / n);
      sin[k] = -Math.sin((2 * Math.PI * k) / n);
    }
    return { cos, sin };
  }

  function factorsOf(n) {
    const factors = [];
    for (let p = 4, rest = n; rest > 1; p = p === 4 ? 2 : p === 2 ? 3 : p + 2) {
      if (p * p > rest && p > 4) p = rest;
      for (; rest % p === 0; rest /= p) factors.push(p);
    }
    return factors;
  }

  // Butterflies of p values that lie `step` apart, from (x, y) to (a, b)
  function four(x, y, at, step, a, b) {
    const [k1, k2, k3] = [at + step, at + 2 * step, at + 3 * step];
    const [sumX, difX, sumY, difY] = [x[at] + x[k2], x[at] - x[k2], y[at] + y[k2], y[at] - y[k2]];
    const [oddX, evenX, oddY, evenY] = [x[k1] + x[k3], x[k1] - x[k3], y[k1] + y[k3], y[k1] - y[k3]];
    a[0] = sumX + oddX;
    b[0] = sumY + oddY;
    a[1] = difX + evenY;
    b[1] = difY - evenX;
    a[2] = sumX - oddX;
    b[2] = sumY - oddY;
    a[3] = difX - evenY;
    b[3] = difY + evenX;
  }

  function any(p) {
    const { cos, sin } = roots(p);
    return (x, y, at, step, a, b) => {
      for (let r = 0; r < p; r += 1) {
        let re = 0;
        let im = 0;
        for (let c = 0, k = at; c < p; c += 1, k += step) {
          const root = (r * c) % p;
          re += x[k] * cos[root] - y[k] * sin[root];
          im += x[k] * sin[root] + y[k] * cos[root];
        }
        a[r] = re;
        b[r] = im;
      }
    };
  }

  // Stockham's transform of any small factors: (re, im) forwards, in place
  function mixedRadix(n, factors) {
    const { cos, sin } = roots(n);
    const [otherRe, otherIm] = [new Float64Array(n), new Float64Array(n)];
    const butterflies = factors.map((p) => (p === 4 ? four : any(p)));
    const [a, b] = [new Float64Array(LARGEST_FACTOR), new Float64Array(LARGEST_FACTOR)];
    return (re, im) => {
      let [fromRe, fromIm, toRe, toIm] = [re, im, otherRe, otherIm];
      let [size, stride] = [n, 1];
      factors.forEach((p, stage) => {
        const m = size / p;
        const butterfly = butterflies[stage];
        for (let q = 0; q < m; q += 1) {
          for (let t = 0; t < stride; t += 1) {
            butterfly(fromRe, fromIm, t + stride * q, stride * m, a, b);
            for (let r = 0, at = t + stride * p * q; r < p; r += 1, at += stride) {
              const twiddle = q * r * stride;
              toRe[at] = a[r] * cos[twiddle] - b[r] * sin[twiddle];
              toIm[at] = a[r] * sin[twiddle] + b[r] * cos[twiddle];
            }
          }
        }
        [fromRe, fromIm, toRe, toIm] = [toRe, toIm, fromRe, fromIm];
        [size, stride] = [m, stride * p];
      });
      if (fromRe !== re) {
        re.set(fromRe);
        im.set(fromIm);
      }
    };
  }

  // Bluestein's transform of lengths with large primes, by a convolution
  function chirp(n) {
    let size = 1;
    while (size < 2 * n - 1) size *= 2;
    const inner = makeTransform(size);
    const angles = Float64Array.from({ length: n }, (_, k) => (Math.PI * ((k * k) % (2 * n))) / n);
    const [cos, sin] = [angles.map(Math.cos), angles.map(Math.sin)];
    const [kernelRe, kernelIm] = [new Float64Array(size), new Float64Array(size)];
    for (let k = 0; k < n; k += 1) {
      kernelRe[k] = kernelRe[(size - k) % size] = cos[k];
      kernelIm[k] = kernelIm[(size - k) % size] = sin[k];
    }
    inner(kernelRe, kernelIm);
    return (re, im) => {
      const [a, b] = [new Float64Array(size), new Float64Array(size)];
      for (let k = 0; k < n; k += 1) {
        a[k] = re[k] * cos[k] + im[k] * sin[k];
        b[k] = im[k] * cos[k] - re[k] * sin[k];
      }
      inner(a, b);
      for (let k = 0; k < size; k += 1) {
        // the conjugate, so that the next transform is an inverse one
        const product = a[k] * kernelRe[k] - b[k] * kernelIm[k];
        b[k] = -(a[k] * kernelIm[k] + b[k] * kernelRe[k]);
        a[k] = product;
      }
      inner(a, b);
      for (let k = 0; k < n; k += 1) {
        const [x, y] = [a[k] / size, -b[k] / size];
        re[k] = x * cos[k] + y * sin[k];
        im[k] = y * cos[k] - x * sin[k];
      }
    };
  }

  function makeTransform(n) {
    const factors = factorsOf(n);
    return Math.max(...factors, 1) > LARGEST_FACTOR ? chirp(n) : mixedRadix(n, factors);
  }

  // What all records share: lengths, taper, and weights of the spectrum

  const divisor = (a, b) => (b ? divisor(b, a % b) : a);
  const range = (n, value) => Float64Array.from({ length: n }, (_, k) => value(k));

  function tukey(n, alpha) {
    if (alpha <= 0 || n === 1) return new Float64Array(n).fill(1);
    if (alpha >= 1) return range(n, (k) => 0.5 + 0.5 * Math.cos(-Math.PI + (2 * Math.PI * k) / (n - 1)));
    const width = Math.floor((alpha * (n - 1)) / 2);
    return range(n, (k) => {
      const last = k >= n - width - 1;
      if (k > width && !last) return 1;
      const angle = (2 * k) / alpha / (n - 1) + (last ? 1 - 2 / alpha : -1);
      return 0.5 * (1 + Math.cos(Math.PI * angle));
    });
  }

  function respond(wavelet, ratio) {
    if (wavelet.name === "morlet") return 2 * Math.exp(-0.5 * (wavelet.omega0 * (ratio - 1)) ** 2);
    const power = wavelet.gamma * Math.log(ratio);
    const beta = wavelet.time_bandwidth / wavelet.gamma;
    return 2 * Math.exp((beta / wavelet.gamma) * (power - Math.expm1(power)));
  }

  function pointsPerPixel(nBins, pixels) {
    const needed = Math.max(4, nBins / pixels);
    let power = 4;
    while (power < needed) power *= 2;
    return 0.75 * power >= needed ? 0.75 * power : power;
  }

  function makeRow(frequency, plan, wavelet, rate) {
    const { total, pixels } = plan;
    const resolution = rate / total;
    const [low, high] = wavelet.support.map((edge) => (edge * frequency) / resolution);
    const last = Math.max(Math.min(Math.floor(high), Math.floor(total / 2)), 1);
    const first = Math.min(Math.max(Math.ceil(low), 1), last);
    const count = last - first + 1;
    const points = pointsPerPixel(count, pixels);
    const size = points * pixels;
    const centre = (total / size - 1) / 2;
    const [re, im] = [new Float64Array(count), new Float64Array(count)];
    for (let k = 0; k < count; k += 1) {
      const bin = first + k;
      const weight = respond(wavelet, (bin * resolution) / frequency) * (size / total);
      const angle = (2 * Math.PI * bin * centre) / total;
      re[k] = weight * Math.cos(angle);
      im[k] = weight * Math.sin(angle);
    }
    return { first, points, size, re, im };
  }

  function makePlan(settings) {
    const [rows, columns] = settings.shape;
    const [first, last] = settings.window_samples;
    const n = last - first;
    const marginPixels = Math.max(Math.floor(columns / 8), 1);
    const step = columns / divisor(columns, marginPixels);
    const length = Math.ceil(n / step) * step;
    const margin = (length * marginPixels) / columns;
    const plan = {
      first, last, rows, columns, marginPixels, length, margin,
      pixels: columns + 2 * marginPixels,
      total: length + 2 * margin,
      taper: tukey(n, settings.taper),
      transforms: new Map(),
    };
    plan.wavelets = settings.frequencies.map((f) => makeRow(f, plan, settings.wavelet, settings.sampling_rate));
    for (const size of [plan.total, ...plan.wavelets.map((row) => row.size)]) {
      if (!plan.transforms.has(size)) plan.transforms.set(size, makeTransform(size));
    }
    return plan;
  }

  // From a trace to the image

  const peakOf = (trace) => trace.reduce((peak, value) => Math.max(peak, Math.abs(value)), 0);

  function detrend(trace) {
    const n = trace.length;
    if (n < 2) return { residual: new Float64Array(n), peak: 0 };
    const magnitude = peakOf(trace);
    // in parts, as the sum of a long record with an offset loses digits
    const mean = trace.reduce((sum, value) => sum + value / n, 0);
    const time = range(n, (k) => -1 + (2 * k) / (n - 1));
    let [product, square] = [0, 0];
    for (let k = 0; k < n; k += 1) {
      product += (trace[k] - mean) * time[k];
      square += time[k] * time[k];
    }
    const slope = product / square;
    const residual = range(n, (k) => trace[k] - mean - slope * time[k]);
    const peak = peakOf(residual);
    const rounding = Math.max(8 * EPSILON, 1e-13) * Math.max(magnitude, TINY);
    return peak <= rounding ? { residual: new Float64Array(n), peak: 0 } : { residual, peak };
  }

  function spectrum(trace, plan) {
    const { residual, peak } = detrend(trace.subarray(plan.first, plan.last));
    const exponent = peak > 0 ? Math.max(Math.floor(Math.log2(peak)) + 1, -1000) : 0;
    const filled = new Float64Array(plan.length);
    residual.forEach((value, k) => { filled[k] = value * 2 ** -exponent * plan.taper[k]; });
    const [re, im] = [new Float64Array(plan.total), new Float64Array(plan.total)];
    const period = 2 * (plan.length - 1) || 1;
    for (let k = 0; k < plan.total; k += 1) {
      const at = (((k - plan.margin) % period) + period) % period;
      re[k] = filled[Math.min(at, period - at)];
    }
    plan.transforms.get(plan.total)(re, im);
    return { re, im };
  }

  function rowPower({ re, im }, row, plan, power) {
    const [a, b] = [new Float64Array(row.size), new Float64Array(row.size)];
    for (let k = 0; k < row.re.length; k += 1) {
      const bin = row.first + k;
      const at = bin % row.size;
      a[at] = re[bin] * row.re[k] - im[bin] * row.im[k];
      // the conjugate: its forward transform has the modulus of the inverse one
      b[at] = -(re[bin] * row.im[k] + im[bin] * row.re[k]);
    }
    plan.transforms.get(row.size)(a, b);
    const { points, size } = row;
    const square = (k) => (a[k] / size) ** 2 + (b[k] / size) ** 2;
    for (let c = 0; c < plan.columns; c += 1) {
      const start = (c + plan.marginPixels) * points;
      let sum = 0;
      for (let k = 0; k < points; k += 1) sum += square(start + k);
      // the end correction of the midpoint rule
      const slopes = square(start + points) - square(start + points - 1) - square(start) + square(start - 1);
      power[c] = (sum + slopes / 24) / points;
    }
  }

  function scalogram(trace, plan) {
    const image = new Float64Array(plan.rows * plan.columns);
    const bins = spectrum(trace, plan);
    plan.wavelets.forEach((row, number) => {
      rowPower(bins, row, plan, image.subarray(number * plan.columns, (number + 1) * plan.columns));
    });
    const peak = image.reduce((most, value) => Math.max(most, value), -Infinity);
    return peak > 0 ? image.map((value) => value / peak) : image;
  }

  function scaleImage(image, settings) {
    if (settings.scale === "power") return image;
    if (settings.scale === "magnitude") return image.map(Math.sqrt);
    const decibels = settings.dynamic_range_db;
    const least = 10 ** (-decibels / 10);
    return image.map((value) => (10 * Math.log10(Math.max(value, least))) / decibels + 1);
  }

  // From the image to the fingerprint

  function haarMatrix(n) {
    let matrix = [[1]];
    while (matrix.length < n) {
      const size = matrix.length;
      const means = matrix.map((row) => range(2 * size, (j) => row[Math.floor(j / 2)]));
      const details = matrix.map((_, k) => range(2 * size, (j) => (j === 2 * k ? 1 : j === 2 * k + 1 ? -1 : 0)));
      matrix = [...means, ...details].map((row) => Float64Array.from(row, (value) => value / Math.SQRT2));
    }
    return matrix;
  }

  function standardHaar(image, rows, columns) {
    const [left, right] = [haarMatrix(rows), haarMatrix(columns)];
    const half = new Float64Array(rows * columns);
    const result = new Float64Array(rows * columns);
    for (let i = 0; i < rows; i += 1) {
      for (let k = 0; k < rows; k += 1) {
        const factor = left[i][k];
        if (factor) for (let j = 0; j < columns; j += 1) half[i * columns + j] += factor * image[k * columns + j];
      }
      for (let j = 0; j < columns; j += 1) {
        let sum = 0;
        for (let k = 0; k < columns; k += 1) sum += half[i * columns + k] * right[j][k];
        result[i * columns + j] = sum;
      }
    }
    return result;
  }

  function pyramidHaar(image, rows, columns) {
    const result = Float64Array.from(image);
    const half = Math.SQRT1_2;
    for (let [n, m] = [rows / 2, columns / 2]; n >= 1 && m >= 1; n /= 2, m /= 2) {
      const source = result.slice();
      const at = (i, j) => source[i * columns + j] * half;
      for (let i = 0; i < n; i += 1) {
        for (let j = 0; j < m; j += 1) {
          const [a, b] = [at(2 * i, 2 * j) + at(2 * i + 1, 2 * j), at(2 * i, 2 * j + 1) + at(2 * i + 1, 2 * j + 1)];
          const [c, d] = [at(2 * i, 2 * j) - at(2 * i + 1, 2 * j), at(2 * i, 2 * j + 1) - at(2 * i + 1, 2 * j + 1)];
          result[i * columns + j] = a * half + b * half;
          result[i * columns + m + j] = a * half - b * half;
          result[(n + i) * columns + j] = c * half + d * half;
          result[(n + i) * columns + m + j] = c * half - d * half;
        }
      }
    }
    return result;
  }

  function standardize(coefficients, spread) {
    const norm = Math.sqrt(coefficients.reduce((sum, value) => sum + value * value, 0));
    if (!norm) return coefficients;
    const [centre, scale] = [spread.center.flat(), spread.scale.flat()];
    // JSON has no NaN, which marks what is never selected
    return coefficients.map((value, k) => (scale[k] === null ? 0 : (value / norm - centre[k]) / scale[k]));
  }

  function selectLargest(coefficients, n) {
    const magnitude = coefficients.map(Math.abs);
    const rounding = 16 * EPSILON * magnitude.reduce((most, value) => Math.max(most, value), 0);
    magnitude[0] = 0; // the mean
    const threshold = magnitude.slice().sort()[magnitude.length - n];
    let free = n - magnitude.reduce((count, value) => count + (value > threshold), 0);
    return Int8Array.from(coefficients, (value, k) => {
      if (magnitude[k] < threshold || magnitude[k] <= rounding) return 0;
      if (magnitude[k] === threshold) {
        free -= 1;
        if (free < 0) return 0;
      }
      return Math.sign(value);
    });
  }

  const positive = (signs) => signs.map((sign) => Number(sign > 0));
  const negative = (signs) => signs.map((sign) => Number(sign < 0));

  function encode(signs, encoding, columns) {
    if (encoding === "signed") return [signs];
    if (encoding === "presence") return [signs.map(Math.abs)];
    if (encoding === "positive") return [positive(signs)];
    const planes = [positive(signs), negative(signs)];
    if (encoding === "two_channel") return planes;
    const paired = new Int8Array(2 * signs.length);
    for (let start = 0; start < signs.length; start += columns) {
      planes.forEach((plane, k) => paired.set(plane.subarray(start, start + columns), 2 * start + k * columns));
    }
    return [paired];
  }

  // Return images and signs of the traces of a record, and its fingerprint as one array
  function fingerprint(traces, settings, plan = makePlan(settings)) {
    const { rows, columns } = plan;
    const images = traces.map((trace) => scaleImage(scalogram(Float64Array.from(trace), plan), settings));
    const signs = images.map((image) => {
      const transform = settings.haar === "standard" ? standardHaar : pyramidHaar;
      const coefficients = transform(image, rows, columns);
      const chosen = settings.standardize === null ? coefficients : standardize(coefficients, settings.standardize);
      return selectLargest(chosen, settings.n_coefficients);
    });
    const planes = signs.flatMap((one) => encode(one, settings.encoding, columns));
    const values = new (settings.encoding === "signed" ? Int8Array : Uint8Array)(planes.length * planes[0].length);
    planes.forEach((plane, k) => values.set(plane, k * plane.length));
    return { images, signs, values };
  }

  // What a runner of the package says of a record: flags and calibrated probabilities

  function isClipped(trace) {
    const sorted = Float64Array.from(trace).sort();
    const n = sorted.length;
    const ends = [sorted[0], sorted[n - 1]];
    if (ends[0] === ends[1]) return false;
    let step = Infinity;
    for (let k = 1; k < n; k += 1) {
      if (sorted[k] > sorted[k - 1]) step = Math.min(step, sorted[k] - sorted[k - 1]);
    }
    const middle = n % 2 ? sorted[(n - 1) / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
    return ends.some((extreme) => {
      if (Math.abs(extreme - middle) < CLIPPED.steps * step) return false;
      let [run, total] = [0, 0];
      for (let k = 0; k <= n; k += 1) {
        if (k < n && trace[k] === extreme) run += 1;
        else {
          if (run >= CLIPPED.run) total += run;
          run = 0;
        }
      }
      return total >= CLIPPED.samples;
    });
  }

  // Filter a trace by sections of second order, at rest on its first sample
  function runFilter(trace, { sections, rest }) {
    const filtered = Float64Array.from(trace);
    sections.forEach(([b0, b1, b2, , a1, a2], k) => {
      let [first, second] = rest[k].map((value) => value * trace[0]);
      for (let at = 0; at < filtered.length; at += 1) {
        const value = filtered[at];
        const output = b0 * value + first;
        first = b1 * value - a1 * output + second;
        second = b2 * value - a2 * output;
        filtered[at] = output;
      }
    });
    return filtered;
  }

  // Filter a trace without delay; its ends are continued by odd reflection
  function filterBothWays(trace, noise) {
    const n = trace.length;
    const pad = Math.min(n - 1, noise.pad);
    const longer = range(n + 2 * pad, (k) => {
      if (k < pad) return 2 * trace[0] - trace[pad - k];
      return k < pad + n ? trace[k - pad] : 2 * trace[n - 1] - trace[2 * n + pad - 2 - k];
    });
    const filtered = runFilter(runFilter(longer, noise).reverse(), noise).reverse();
    return filtered.slice(pad, pad + n);
  }

  // The nearest integer, of two the even one, as NumPy has it
  function nearest(value) {
    const low = Math.floor(value);
    if (value - low === 0.5) return low % 2 ? low + 1 : low;
    return Math.round(value);
  }

  const meanOf = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

  function snr(traces, first, distance, lengths) {
    const cut = (trace, start, length) => trace.slice(Math.max(start, 0), Math.max(start + length, 0));
    const [noises, signals] = [[first - distance - lengths[0], lengths[0]], [first, lengths[1]]].map(
      ([start, length]) => traces.map((trace) => cut(trace, start, length)),
    );
    if (noises[0].length <= LEAST_PART * lengths[0] || signals[0].length <= LEAST_PART * lengths[1]) return NaN;
    const offsets = noises.map(meanOf);
    const power = (parts) => parts.reduce((sum, part, k) => sum + meanOf(part.map((value) => (value - offsets[k]) ** 2)), 0);
    return 10 * Math.log10(power(signals) / power(noises));
  }

  // Whether P of a record is not above the noise before it; never where P is unknown
  function isNoise(traces, noise) {
    if (noise === null || noise.p_arrival === null) return false;
    const { p_arrival: time, sampling_rate: rate, after, gap } = noise;
    const n = traces[0].length;
    const before = Math.min(noise.before, time - gap);
    if (before * rate < 1 || after * rate >= n || !(time * rate >= 0 && time * rate <= n - 1)) return false;
    const filtered = traces.map((trace) => filterBothWays(detrend(Float64Array.from(trace)).residual, noise));
    const lengths = [before, after].map((seconds) => Math.max(nearest(seconds * rate), 1));
    const ratio = snr(filtered, nearest(time * rate), nearest(gap * rate), lengths);
    return Number.isFinite(ratio) && ratio < noise.least_snr_db;
  }

  function flags(traces, values, limits, noise) {
    const peaks = traces.map((trace) => {
      const mean = trace.reduce((sum, value) => sum + value / trace.length, 0);
      return trace.reduce((peak, value) => Math.max(peak, Math.abs(value - mean)), 0);
    });
    const measured = {
      peak: Math.max(...peaks),
      p_arrival: noise?.p_arrival ?? NaN,
      density: values.reduce((count, value) => count + (value !== 0), 0) / values.length,
    };
    const isOutside = ([name, [low, high]]) => measured[name] < low || measured[name] > high;
    const known = {
      no_signal: traces.some((trace) => detrend(Float64Array.from(trace)).peak === 0),
      clipped: traces.some(isClipped),
      noise_like: isNoise(traces, noise),
      out_of_range: Object.entries(limits).some(isOutside),
    };
    return Object.keys(known).filter((name) => known[name]);
  }

  function softmax(logits) {
    const most = Math.max(...logits);
    const powers = logits.map((value) => Math.exp(value - most));
    const sum = powers.reduce((a, b) => a + b);
    return powers.map((value) => value / sum);
  }

  function calibrate(scores, calibration) {
    const sum = scores.reduce((a, b) => a + b);
    const shares = scores.map((score) => score / sum);
    if (calibration === null) return shares;
    const { slope, offsets, least_score: least } = calibration;
    return softmax(shares.map((score, k) => slope * Math.log(Math.max(score, least)) + offsets[k]));
  }

  return { calibrate, detrend, filterBothWays, fingerprint, flags, isClipped, makePlan, makeTransform };
})();

if (typeof module !== "undefined") module.exports = Fingerprint;
