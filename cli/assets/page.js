"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const size = document.body.dataset;
  const element = (name, text, parent, className) => {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    if (className) made.className = className;
    if (parent) parent.append(made);
    return made;
  };
  const short = (x) => {
    if (x === null || x === undefined) return "";
    if (typeof x === "string") return x;
    const size = Math.abs(x);
    return size !== 0 && (size < 1e-4 || size >= 1e7) ? x.toExponential(3) : String(Number(x.toPrecision(6)));
  };
  const many = (count, one, several) => (count === 1 ? `1 ${one}` : `${count.toLocaleString("en")} ${several}`);
  const date = (x) => {
    const text = new Date(x * 1e3).toISOString().replace("T", " ").replace("Z", "");
    return text.endsWith(".000") ? text.slice(0, -4) : text;
  };
  const place = (x) => (data.timed ? date(x) : short(x));
  const lasting = (s) => {
    if (s === null) return "";
    const units = [[86400, "d"], [3600, "h"], [60, "min"]];
    const [size, name] = units.find(([size]) => s >= 2 * size) || [1, "s"];
    return `${short(Number((s / size).toPrecision(3)))} ${name}`;
  };

  // Dates below an axis: as much of each as the distance to the next one needs.
  const dates = (u, splits, axis, space, step) => {
    let day = "";
    return splits.map((x) => {
      const text = date(x);
      if (step >= 360 * 86400) return text.slice(0, 4);
      if (step >= 28 * 86400) return text.slice(0, 7);
      if (step >= 86400) return text.slice(0, 10);
      const time = step >= 60 ? text.slice(11, 16) : text.slice(11);
      const label = text.slice(0, 10) === day ? time : `${time}\n${text.slice(0, 10)}`;
      day = text.slice(0, 10);
      return label;
    });
  };

  // Numbers that were written as changes: where, and to what.
  const spread = (changes, length) => {
    const all = new Array(length).fill(null);
    changes.forEach(([from, value], nth) => all.fill(value, from, nth + 1 < changes.length ? changes[nth + 1][0] : length));
    return all;
  };
  const edges = ["upper_low", "upper_high", "lower_low", "lower_high"];
  const drawable = (value) => (typeof value === "number" ? value : null);

  const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const charts = [];

  function prepare(panel, nth) {
    const length = panel.x.length;
    panel.upper = spread(panel.upper, length);
    panel.lower = spread(panel.lower, length);
    for (const name of edges) panel[name] = spread(panel[name], length);
    panel.thin = panel.onsets.length > 0 && panel.incidents < panel.alerts;
    panel.p = new Map(panel.probability);
    panel.own = data.incidents.filter((incident) => incident.panel === nth);
    panel.full = length > 1 ? [panel.x[0], panel.x[length - 1]] : length === 1 ? [panel.x[0] - 1, panel.x[0] + 1] : [0, 1];
  }

  // An axis by the data; thresholds count as far as they leave the data visible.
  function valueRange(panel, from, to) {
    let [low, high, near] = [Infinity, -Infinity, []];
    const first = panel.x.findIndex((x) => x >= from);
    for (let i = Math.max(0, first < 0 ? panel.x.length : first - 1); i < panel.x.length; i++) {
      for (const value of [panel.low[i], panel.high[i]]) {
        if (typeof value === "number" && (value > 0 || !panel.log)) [low, high] = [Math.min(low, value), Math.max(high, value)];
      }
      near.push(panel.upper[i], panel.lower[i]);
      if (panel.x[i] > to) break;
    }
    near = near.filter((value) => typeof value === "number" && (value > 0 || !panel.log));
    if (low > high) [low, high] = near.length ? [Math.min(...near.slice(0, 9999)), Math.max(...near.slice(0, 9999))] : [0, 1];
    const span = high - low;
    if (panel.log) {
      const ratio = Math.max(10, high / low);
      for (const value of near) if (value >= low / ratio && value <= high * ratio) [low, high] = [Math.min(low, value), Math.max(high, value)];
      return low > 0 ? [low / 1.2, high * 1.4] : [0.1, 1];
    }
    for (const value of near) {
      if (span === 0 || (value >= low - span / 2 && value <= high + span / 2)) [low, high] = [Math.min(low, value), Math.max(high, value)];
    }
    const margin = (high - low) * 0.06 || Math.abs(high) * 0.1 || 1;
    return [low - margin, high + margin];
  }

  function why(panel, i) {
    const p = panel.p.get(i);
    const value = panel.high[i];
    if (p === undefined) return panel.upper[i] === null && panel.lower[i] === null ? "not judged: calibrating" : "not in a tail";
    const rare = p > 0 ? `one in ${short(Number((1 / p).toPrecision(2)))} values` : "beyond anything seen";
    const side = value > panel.upper[i] ? "above the upper threshold" : panel.low[i] < panel.lower[i] ? "below the lower threshold" : "in a tail";
    return `p = ${short(p)}, ${rare}\n${side}`;
  }

  function describe(panel, i, mark) {
    const value = panel.low[i] === panel.high[i] ? short(panel.high[i]) : `${short(panel.low[i])} to ${short(panel.high[i])}`;
    const lines = [place(mark ? mark[0] : panel.x[i]), `${panel.value}: ${value || (mark ? short(mark[1]) : "missing")}`];
    for (const side of ["upper", "lower"]) {
      const [low, high] = [panel[`${side}_low`][i], panel[`${side}_high`][i]];
      const interval = low === null ? "" : ` (95 %: ${short(low)} to ${short(high)})`;
      if (panel[side][i] !== null) lines.push(`${side} threshold: ${short(panel[side][i])}${interval}`);
    }
    return [...lines, why(panel, i), ...(mark?.[2] ? [mark[2]] : [])].join("\n");
  }

  // A threshold that goes up and down too often to be seen would cover the stream: of each part its outermost place.
  function outermost(name) {
    const [travelled, parts, linear] = [25, 128, uPlot.paths.linear()];
    const outer = name === "upper" ? Math.max : Math.min;
    return (u, series, from, to) => {
      const [xs, values] = [u.data[0], u.data[series]];
      const height = (value) => u.valToPos(value, "y", true);
      let [travel, last] = [0, null];
      for (let i = from; i <= to; i++) {
        if (values[i] === null) continue;
        if (last !== null) travel += Math.abs(height(values[i]) - height(last));
        last = values[i];
      }
      if (travel < travelled * u.bbox.height) return linear(u, series, from, to);
      const [path, size] = [new Path2D(), Math.ceil((to - from + 1) / parts)];
      for (let start = from; start <= to; start += size) {
        const end = Math.min(to, start + size - 1);
        const part = values.slice(start, end + 1).filter((value) => value !== null);
        if (part.length === 0) continue;
        const y = height(outer(...part));
        for (const i of [start, end]) path.lineTo(u.valToPos(xs[i], "x", true), y);
      }
      return { stroke: path, fill: null, clip: null, band: null, gaps: null, flags: 1 };
    };
  }

  function build(panel, nth) {
    const box = document.querySelectorAll(".chart")[nth];
    box.replaceChildren();
    const tip = element("div", "", undefined, "tip");
    const axis = { stroke: color("text"), grid: { stroke: color("grid"), width: 1 }, ticks: { stroke: color("grid"), width: 1 } };
    const threshold = (name) => ({ stroke: color(name), width: 1.5, dash: [7, 4], points: { show: false }, paths: outermost(name) });
    const clip = (values) => values.map(drawable);
    const dots = (u) => {
      const { ctx, bbox } = u;
      ctx.save();
      ctx.beginPath();
      ctx.rect(bbox.left - 6, bbox.top - 6, bbox.width + 12, bbox.height + 12);
      ctx.clip();
      ctx.setLineDash([]);
      ctx.lineWidth = devicePixelRatio;
      ctx.fillStyle = color("alert");
      ctx.strokeStyle = color("paper");
      const circles = (marks, radius, rim) => {
        for (const [x, value] of marks) {
          if (x < u.scales.x.min || x > u.scales.x.max) continue;
          const { min, max } = u.scales.y;
          const y = typeof value === "number" ? Math.min(max, Math.max(min, value)) : value === "inf" ? max : min;
          ctx.beginPath();
          ctx.arc(u.valToPos(x, "x", true), u.valToPos(y, "y", true), radius * devicePixelRatio, 0, 2 * Math.PI);
          ctx.fill();
          if (rim) ctx.stroke();
        }
      };
      if (panel.thin) {
        ctx.globalAlpha = 0.3;
        circles(panel.marks, 1, false);
        ctx.globalAlpha = 1;
      }
      circles(panel.onsets.length ? panel.onsets : panel.marks, 3.5, true);
      // A threshold beyond the axis leaves a mark at its edge.
      for (const [values, name, edge] of [[panel.upper, "upper", "max"], [panel.lower, "lower", "min"]]) {
        const out = values.some((v) => v !== null && (v > u.scales.y.max || v < u.scales.y.min));
        if (!out) continue;
        ctx.fillStyle = color(name);
        const y = edge === "max" ? bbox.top : bbox.top + bbox.height;
        const tall = (edge === "max" ? 8 : -8) * devicePixelRatio;
        const x = bbox.left + bbox.width - 10 * devicePixelRatio;
        ctx.beginPath();
        ctx.moveTo(x, y);
        ctx.lineTo(x - tall / 1.6, y + tall);
        ctx.lineTo(x + tall / 1.6, y + tall);
        ctx.fill();
      }
      ctx.restore();
    };
    const follow = (u) => {
      let i = u.cursor.idx;
      // An alert is one of several rows below the pointer, and the one that is meant.
      const away = ([x]) => Math.abs(u.valToPos(x, "x") - u.cursor.left);
      const near = panel.marks.reduce((best, mark) => (best && away(best) <= away(mark) ? best : mark), undefined);
      const mark = near && away(near) <= 4 ? near : undefined;
      if (mark) i = Math.max(0, panel.x.findLastIndex((x) => x <= mark[0]));
      if (i === null || i === undefined || u.cursor.left < 0) {
        tip.style.display = "none";
        return;
      }
      tip.textContent = describe(panel, i, mark);
      tip.style.display = "block";
      const left = u.cursor.left + u.bbox.left / devicePixelRatio;
      tip.style.left = `${Math.max(0, left + (left > box.clientWidth / 2 ? -tip.offsetWidth - 12 : 12))}px`;
      tip.style.top = `${u.bbox.top / devicePixelRatio + 6}px`;
    };
    const chart = new uPlot({
      width: Number(size.width) || Math.max(200, box.clientWidth),
      height: Number(size.height),
      legend: { show: false },
      cursor: { drag: { x: true, y: false }, focus: { prox: -1 }, points: { show: false } },
      tzDate: (ts) => uPlot.tzDate(new Date(ts * 1e3), "Etc/UTC"),
      scales: {
        x: { time: data.timed, range: (u, min, max) => (min === null || min === max ? panel.full : [min, max]) },
        y: { distr: panel.log ? 3 : 1, range: (u) => valueRange(panel, u.scales.x.min ?? panel.full[0], u.scales.x.max ?? panel.full[1]) },
      },
      axes: [{ ...axis, label: panel.axis, labelSize: 20, space: 90, ...(data.timed ? { values: dates } : {}) }, { ...axis, size: 64 }],
      series: [
        {},
        { stroke: color("stream"), width: 1, points: { show: false } },
        { stroke: color("stream"), width: 1, points: { show: panel.x.length < 2 } },
        threshold("upper"),
        threshold("lower"),
        ...edges.map(() => ({ points: { show: false } })),
      ],
      bands: [
        { series: [2, 1], fill: color("range") },
        { series: [6, 5], fill: color("upper-band") },
        { series: [8, 7], fill: color("lower-band") },
      ],
      hooks: { draw: [dots], setCursor: [follow] },
    }, [panel.x, clip(panel.low), clip(panel.high), clip(panel.upper), clip(panel.lower), ...edges.map((name) => clip(panel[name]))], box);
    box.append(tip);
    charts[nth] = chart;
  }

  function zoom(nth, from, to) {
    const [first, last] = data.panels[nth].full;
    const least = (last - first) / 1e6 || 1;
    if (to - from < least) [from, to] = [(from + to - least) / 2, (from + to + least) / 2];
    charts[nth].setScale("x", { min: Math.max(first, from), max: Math.min(last, to) });
  }

  function show(incident) {
    document.querySelectorAll("tr.here").forEach((row) => row.classList.remove("here"));
    const row = document.getElementById(`incident-${incident.number}`);
    row.classList.add("here");
    if (incident.panel === null) return;
    const [first, last] = data.panels[incident.panel].full;
    const around = Math.max((incident.to - incident.from) * 2, (last - first) / 60);
    zoom(incident.panel, incident.from - around, incident.to + around);
    const box = document.querySelectorAll(".chart")[incident.panel];
    box.dataset.incident = incident.number;
    box.scrollIntoView({ block: "nearest" });
  }

  function key(event, nth) {
    const chart = charts[nth];
    const panel = data.panels[nth];
    const { min, max } = chart.scales.x;
    const span = max - min;
    const go = (step) => {
      const numbers = panel.own.map((incident) => incident.number);
      const at = numbers.indexOf(Number(event.currentTarget.dataset.incident));
      const next = at < 0 ? (step > 0 ? 0 : numbers.length - 1) : Math.min(numbers.length - 1, Math.max(0, at + step));
      if (numbers.length) show(panel.own[next]);
    };
    const actions = {
      "+": () => zoom(nth, min + span / 4, max - span / 4),
      "=": () => zoom(nth, min + span / 4, max - span / 4),
      "-": () => zoom(nth, min - span / 2, max + span / 2),
      "0": () => zoom(nth, ...panel.full),
      ArrowLeft: () => zoom(nth, Math.max(panel.full[0], min - span / 4), Math.max(panel.full[0] + span, max - span / 4)),
      ArrowRight: () => zoom(nth, Math.min(panel.full[1] - span, min + span / 4), Math.min(panel.full[1], max + span / 4)),
      n: () => go(1),
      p: () => go(-1),
    };
    const action = actions[event.key];
    if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    action();
  }

  function keys(panel, parent) {
    const line = element("div", undefined, parent, "keys");
    const add = (text, name, kind) => element("span", text, line, kind).style.setProperty("--c", `var(--${name})`);
    add(panel.dense ? "stream (range of the rows)" : "stream", "stream", "");
    if (panel.upper.some((value) => value !== null)) add("upper threshold", "upper", "dashed");
    if (panel.lower.some((value) => value !== null)) add("lower threshold", "lower", "dashed");
    if (panel.upper_low.some((value) => value !== null)) add("95 % interval", "upper-band", "band");
    if (panel.lower_low.some((value) => value !== null)) add("95 % interval", "lower-band", "band");
    if (panel.thin) add("alert", "alert", "thin");
    add(panel.thin ? "incident" : "alert", "alert", "dot");
  }

  function list() {
    document.getElementById("heading").textContent = many(data.count, "incident", "incidents");
    const table = document.getElementById("incidents");
    if (!data.incidents.length) return;
    const several = data.panels.length > 1 || data.incidents.some((incident) => incident.panel === null);
    const names = ["", ...(several ? ["stream"] : []), "from", "to", ...(data.timed ? ["lasting"] : []), "alerts", "side", "value", "threshold", "p"];
    const words = ["stream", "from", "to", "side"];
    const head = element("tr", undefined, element("thead", undefined, table));
    names.forEach((name) => element("th", name, head, words.includes(name) ? "words" : "").scope = "col");
    const body = element("tbody", undefined, table);
    for (const incident of data.incidents) {
      const row = element("tr", undefined, body);
      row.id = `incident-${incident.number}`;
      const button = element("button", String(incident.number), element("td", undefined, row));
      button.setAttribute("aria-label", `show incident ${incident.number}`);
      button.addEventListener("click", () => show(incident));
      if (several) element("td", incident.stream, row, "words");
      element("td", incident.first.replace("T", " "), row, "words");
      element("td", incident.last.replace("T", " "), row, "words");
      if (data.timed) element("td", lasting(incident.seconds), row);
      element("td", String(incident.alerts), row);
      element("td", incident.up ? "up" : "down", row, "words");
      [incident.value, incident.threshold, incident.probability].forEach((number) => element("td", short(number), row));
    }
    if (data.incidents.length < data.count) element("p", `The first ${data.incidents.length.toLocaleString("en")} are listed.`, table.parentElement);
  }

  document.querySelector("h1").textContent = document.title;
  const judged = data.panels.reduce((sum, panel) => sum + panel.judged, 0);
  const alerts = data.panels.reduce((sum, panel) => sum + panel.alerts, 0);
  document.getElementById("about").textContent = judged
    ? `${many(alerts, "alert", "alerts")} among ${many(judged, "judged value", "judged values")}, q = ${short(data.panels[0].q)}`
    : "Nothing was judged: the values do not suffice for the calibration.";
  const parent = document.getElementById("panels");
  data.panels.forEach((panel, nth) => {
    prepare(panel, nth);
    const part = element("section", undefined, parent);
    if (data.panels.length > 1) element("h3", `${panel.name}: ${panel.judged ? many(panel.alerts, "alert", "alerts") : "nothing was judged"}`, part);
    keys(panel, part);
    const box = element("div", undefined, part, "chart");
    box.tabIndex = 0;
    box.setAttribute("role", "application");
    box.setAttribute("aria-label", `${panel.name} over ${panel.axis}`);
    box.addEventListener("keydown", (event) => key(event, nth));
  });
  const draw = () => data.panels.forEach((panel, nth) => {
    const before = charts[nth] && { ...charts[nth].scales.x };
    if (charts[nth]) charts[nth].destroy();
    build(panel, nth);
    if (before && before.min !== null) charts[nth].setScale("x", { min: before.min, max: before.max });
  });
  draw();
  list();
  let width = innerWidth;
  addEventListener("resize", () => {
    if (innerWidth !== width) { width = innerWidth; draw(); }
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  document.documentElement.dataset.ready = "true";
})();
