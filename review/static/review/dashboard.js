"use strict";
/* Draws the dashboard's charts; the page has all their numbers as tables too. */

(() => {
  const HEIGHT = 220;
  const FONT = "12px Inter, sans-serif";
  const DASHES = [[], [8, 4], [2, 3], [12, 3, 2, 3], [5, 5]];
  const drawings = document.getElementById("board-drawings");
  const charts = new Map();

  function colour(element, name) {
    return getComputedStyle(element).getPropertyValue(name).trim();
  }

  /* The names of moments: days, or hours where the steps are that small. */
  function moments(drawing) {
    const hourly = drawing.x.length > 1 && drawing.x[1] - drawing.x[0] < 86400;
    const format = new Intl.DateTimeFormat("en-GB", {
      timeZone: "UTC", ...(hourly ? { hour: "2-digit", minute: "2-digit" } : { day: "numeric", month: "short" }),
    });
    return (seconds) => format.format(new Date(seconds * 1000));
  }

  function axes(element, unit, moment) {
    const stroke = colour(element, "--soft");
    const grid = { stroke: colour(element, "--line"), width: 1 };
    const numbers = (plot, values) => values.map((value) => `${value.toLocaleString("en-GB")}${unit}`);
    return [
      { stroke, font: FONT, grid: { show: false }, ticks: grid, values: (plot, splits) => splits.map(moment) },
      { stroke, font: FONT, grid, ticks: { show: false }, values: numbers, size: 60 },
    ];
  }

  function told(values, unit) {
    return (plot, value, series, index) => {
      const shown = index === null ? null : values[index];
      return shown === null || shown === undefined ? "–" : `${shown.toLocaleString("en-GB")}${unit}`;
    };
  }

  /* Bars on top of each other: the tallest sum is drawn first, the others over it. */
  function stacked(element, drawing) {
    const sums = [];
    drawing.series.forEach((series, number) => {
      sums.push(series.values.map((value, index) => value + (number ? sums[number - 1][index] : 0)));
    });
    const bars = uPlot.paths.bars({ size: [0.75, 48] });
    const series = drawing.series.map((one, number) => ({
      label: one.label,
      fill: colour(element, drawing.series.length > 1 ? `--c${number + 1}` : "--c5"),
      width: 0,
      paths: bars,
      points: { show: false },
      value: told(one.values, drawing.unit),
    }));
    return { data: [drawing.x, ...sums.reverse()], series: series.reverse(), bands: [] };
  }

  /* Lines, each in a band from the low to the high end of its interval where it has one. */
  function lines(element, drawing) {
    const data = [drawing.x];
    const series = [];
    const bands = [];
    drawing.series.forEach((one, number) => {
      const stroke = colour(element, `--c${((number + 4) % 6) + 1}`);
      data.push(one.values);
      series.push({
        label: one.label, stroke, width: 2, dash: DASHES[number % DASHES.length], spanGaps: true,
        points: { show: true, size: 6, fill: stroke }, value: told(one.values, drawing.unit),
      });
      if (!one.low) return;
      const high = data.push(one.high) - 1;
      const low = data.push(one.low) - 1;
      const bound = { class: "board-bound", stroke: "transparent", points: { show: false }, spanGaps: true };
      series.push({ ...bound }, { ...bound });
      bands.push({ series: [high, low], fill: `${stroke}26` });
    });
    return { data, series, bands };
  }

  function draw(element) {
    const drawing = JSON.parse(drawings.textContent)[element.dataset.drawing];
    const { data, series, bands } = (drawing.kind === "stack" ? stacked : lines)(element, drawing);
    const share = drawing.unit === "%";
    const moment = moments(drawing);
    /* Half a step more on both sides, or the first and last bar would be cut. */
    const margin = drawing.x.length > 1 ? (drawing.x[1] - drawing.x[0]) / 2 : 43200;
    if (charts.has(element)) charts.get(element).destroy();
    charts.set(element, new uPlot({
      width: element.clientWidth,
      height: HEIGHT,
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
      scales: {
        x: { range: () => [drawing.x[0] - margin, drawing.x.at(-1) + margin] },
        y: { range: (plot, low, high) => [0, share ? 100 : Math.max(1, high * 1.05)] },
      },
      axes: axes(element, drawing.unit, moment),
      series: [{ label: "When", value: (plot, at) => (at === null ? "–" : moment(at)) }, ...series],
      bands,
    }, data, element));
  }

  const elements = [...document.querySelectorAll("[data-drawing]")];
  if (!drawings) return;
  for (const element of elements) draw(element);

  const widths = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      const chart = charts.get(target);
      if (chart && chart.width !== target.clientWidth) chart.setSize({ width: target.clientWidth, height: HEIGHT });
    }
  });
  for (const element of elements) widths.observe(element);

  /* The shell changes the theme by a class on the html element. */
  new MutationObserver(() => elements.forEach(draw)).observe(document.documentElement, {
    attributes: true, attributeFilter: ["class"],
  });
})();
