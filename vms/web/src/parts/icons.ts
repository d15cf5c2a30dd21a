/** Inline drawings, 20 px, 1.5 px stroke. Their names are said by whoever uses them. */

const SHAPES = {
  eye: "M2 10c2.200-3.700 5-5.500 8-5.500s5.800 1.800 8 5.500c-2.200 3.700-5 5.500-8 5.500S4.200 13.700 2 10zM10 12.500a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5z",
  pulse: "M2 10.500h3.500l2-5.500 4 10.500 2.500-7 1.200 2H18",
  gear: "M3 5.500h6.500M13.500 5.500H17M11.500 3.500v4M3 10h2.500M9.500 10H17M7.500 8v4M3 14.500h7.500M14.500 14.500H17M12.500 12.500v4",
  play: "M6.500 4.500v11l9-5.500z",
  pause: "M7 4.500v11M13 4.500v11",
  replay: "M4 4.500v4h4M4.300 8.500A6.500 6.500 0 1 1 3.800 12",
  live: "M10 11.500a1.500 1.500 0 1 0 0-3 1.500 1.500 0 0 0 0 3zM6.500 13.500a5 5 0 0 1 0-7M13.500 6.500a5 5 0 0 1 0 7M4 16a8.500 8.500 0 0 1 0-12M16 4a8.500 8.500 0 0 1 0 12",
  enlarge: "M12 3.500h4.500V8M8 16.500H3.500V12M16.500 3.500l-5 5M3.500 16.500l5-5",
  shrink: "M16.500 8H12V3.500M3.500 12H8v4.500M12 8l4.500-4.500M8 12l-4.500 4.500",
  full: "M3.500 7.500v-4h4M12.500 3.500h4v4M16.500 12.500v4h-4M7.500 16.500h-4v-4",
  markIn: "M8.500 3.500H5v13h3.500M9 10h7M13 7l3 3-3 3",
  markOut: "M11.500 3.500H15v13h-3.500M11 10H4M7 7l-3 3 3 3",
  clear: "M5 5l10 10M15 5L5 15",
  download: "M10 3v9.500M6 9l4 4 4-4M3.500 16.500h13",
  help: "M7.300 7.500a2.700 2.700 0 1 1 3.900 2.500c-.8.400-1.200.9-1.200 1.700v.3M10 14.800v.2M10 17.800a7.800 7.800 0 1 0 0-15.600 7.800 7.800 0 0 0 0 15.600z",
  sun: "M10 13.500a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7zM10 2v2M10 16v2M2 10h2M16 10h2M4.400 4.400l1.400 1.400M14.200 14.200l1.400 1.400M15.600 4.400l-1.400 1.400M5.800 14.200l-1.400 1.400",
  moon: "M16.500 12A7 7 0 0 1 8 3.500a7 7 0 1 0 8.500 8.500z",
  leave: "M8 3.500H4v13h4M8.500 10h8M13.500 7l3 3-3 3",
  list: "M7 5h10M7 10h10M7 15h10M3.500 5v.01M3.500 10v.01M3.500 15v.01",
  search: "M8.800 14.600a5.800 5.800 0 1 0 0-11.600 5.800 5.800 0 0 0 0 11.600zM13 13l4 4",
  plus: "M10 4v12M4 10h12",
  minus: "M4 10h12",
  before: "M12 4.500L6.500 10l5.500 5.500",
  after: "M8 4.500l5.500 5.500L8 15.500",
  warning: "M10 3L2.500 16.500h15zM10 8v4M10 14.200v.1",
  noSignal: "M3 3l14 14M5 7H3.500v9H14M8.500 7H16.500v8",
  camera: "M3 6h10v8H3zM13 9l4-2.500v7L13 11",
  edit: "M4 16l.8-3.500L13.500 4l2.500 2.500-8.500 8.700z",
  trash: "M4 5.500h12M8 5.500V3.500h4v2M5.500 5.500l.8 11h7.400l.8-11M8.500 8.500v5M11.500 8.500v5",
  check: "M4 10.500l4 4 8-9",
  lock: "M4.500 9h11v8h-11zM7 9V6.500a3 3 0 0 1 6 0V9M10 12v2",
  bookmark: "M5.500 3h9v14l-4.500-3.500L5.500 17z",
  calendar: "M3.500 5h13v11.500h-13zM3.500 8.500h13M7 3v3.500M13 3v3.500",
  previous: "M5 4.500v11M15.500 4.500v11L8 10z",
  next: "M15 4.500v11M4.500 4.500v11L12 10z",
  users: "M7.500 9.500a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM2 16.500c.3-3.300 2.500-5 5.500-5s5.200 1.700 5.500 5M13 4a3 3 0 0 1 0 5.300M15 11.800c1.800.7 2.800 2.200 3 4.700",
} as const;

export type IconName = keyof typeof SHAPES;

export function shape(name: IconName): string {
  return SHAPES[name];
}

const SVG = "http://www.w3.org/2000/svg";

/** The drawing as an element, for code that builds its own DOM. */
export function iconElement(name: IconName): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", shape(name));
  svg.append(path);
  return svg;
}

/** Show another drawing in an element that `iconElement` made. */
export function redraw(svg: SVGSVGElement, name: IconName): void {
  svg.firstElementChild?.setAttribute("d", shape(name));
}
