// The operators' charts: an hour by minutes, drawn anew when htmx has brought the figures.
"use strict";

(() => {
  const CHARTS = {
    times: [["p50", "--accent"], ["p95", "--warn-line"], ["p99", "--bad-line"]],
    requests: [["answered", "--accent", "응답"], ["refused", "--warn-line", "거절"], ["failed", "--bad-line", "잘못"]],
    rates: [["all", "--accent", "전체"], ["memory", "--link", "메모리"], ["redis", "--warn-line", "Redis"]],
    calls: [["calls", "--accent", "외부 호출"]],
  };
  const HEIGHT = 180;
  const two = (number) => String(number).padStart(2, "0");
  const clock = (seconds) => {
    const at = new Date(seconds * 1000);
    return `${two(at.getHours())}:${two(at.getMinutes())}`;
  };
  const drawn = new Map();

  const series = () => JSON.parse(document.getElementById("series")?.dataset.series ?? "null");
  const values = (held, lines) => [held.at, ...lines.map(([name]) => held[name])];

  function axis(ink, grid, more) {
    return { stroke: ink, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1 }, font: "12px system-ui", ...more };
  }

  function make(element, lines, held) {
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(name).trim();
    const [ink, grid] = [colour("--ink"), colour("--line")];
    return new uPlot({
      width: element.clientWidth,
      height: HEIGHT,
      cursor: { drag: { x: false, y: false } },
      scales: { y: { range: (_, low, high) => [0, Math.max(1, high * 1.1 || 1)] } },
      axes: [
        axis(ink, grid, { values: (_, marks) => marks.map(clock), space: 60 }),
        axis(ink, grid, { size: 52 }),
      ],
      series: [
        { label: "시각", value: (_, at) => (at ? clock(at) : "–") },
        ...lines.map(([name, line, label]) => ({
          label: label ?? name, stroke: colour(line), width: 2, points: { size: 4 }, value: (_, value) => value ?? "–",
        })),
      ],
    }, values(held, lines), element);
  }

  function draw() {
    const held = series();
    document.getElementById("charts").hidden = !held;
    if (!held) return;
    for (const element of document.querySelectorAll("[data-chart]")) {
      const lines = CHARTS[element.dataset.chart];
      if (drawn.has(element)) drawn.get(element).setData(values(held, lines));
      else drawn.set(element, make(element, lines, held));
    }
  }

  function again() {
    for (const chart of drawn.values()) chart.destroy();
    drawn.clear();
    draw();
  }

  document.getElementById("live").addEventListener("htmx:afterSettle", draw);
  addEventListener("resize", () => {
    for (const [element, chart] of drawn) chart.setSize({ width: element.clientWidth, height: HEIGHT });
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
  draw();
})();
