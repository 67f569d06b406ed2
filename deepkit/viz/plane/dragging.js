// Points over a picture: dragged with a mouse, a pen or a finger; with Tab and the arrow keys from the keyboard.
const SVG = "http://www.w3.org/2000/svg";

function render({model, el}) {
  const board = document.createElement("div"), back = document.createElement("div");
  const front = document.createElementNS(SVG, "svg");
  board.style.cssText = "position:relative;display:inline-block";
  front.style.cssText = "position:absolute;left:0;top:0;touch-action:none";
  board.append(back, front);
  const get = name => model.get(name);
  const pixel = ([x, y]) => {
    const share = v => (v - get("low")) / (get("high") - get("low"));
    return [get("left") + get("side") * share(x), get("top") + get("side") * (1 - share(y))];
  };
  const inside = v => Math.min(get("high"), Math.max(get("low"), v));
  const move = (i, x, y) => {
    const points = get("points").map(p => [...p]);
    points[i] = [inside(x), inside(y)];
    model.set("points", points); model.save_changes();
  };
  const shapes = [];
  const make = i => {
    const one = get("classes")[i], shape = document.createElementNS(SVG, one ? "rect" : "circle");
    shape.setAttribute("fill", get("colours")[one]);
    shape.setAttribute("stroke-width", "1.5");
    shape.setAttribute("tabindex", "0"); shape.setAttribute("role", "button");
    shape.style.cursor = "grab";
    shape.addEventListener("pointerdown", event => { shape.setPointerCapture(event.pointerId); shape.focus(); event.preventDefault(); });
    shape.addEventListener("pointermove", event => {
      if (!event.buttons) return;
      const box = front.getBoundingClientRect(), span = get("high") - get("low");
      const scale = front.width.baseVal.value / box.width;
      move(i, get("low") + ((event.clientX - box.left) * scale - get("left")) / get("side") * span,
           get("high") - ((event.clientY - box.top) * scale - get("top")) / get("side") * span);
    });
    shape.addEventListener("keydown", event => {
      const way = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1]}[event.key];
      if (!way) return;
      const step = (get("high") - get("low")) / (event.shiftKey ? 12 : 60), [x, y] = get("points")[i];
      move(i, x + way[0] * step, y + way[1] * step);
      event.preventDefault(); event.stopPropagation();
    });
    shape.addEventListener("focus", () => shape.setAttribute("stroke", "#000000"));
    shape.addEventListener("blur", () => shape.setAttribute("stroke", "#ffffff"));
    shape.setAttribute("stroke", "#ffffff");
    front.append(shape);
    return shape;
  };
  const place = () => {
    get("points").forEach((point, i) => {
      const shape = shapes[i] ??= make(i), [x, y] = pixel(point), r = 5.5;
      const name = `point ${i + 1} of ${get("points").length}, ${get("names")[get("classes")[i]]}`;
      shape.setAttribute("aria-label", `${name}, at ${point[0].toFixed(2)}, ${point[1].toFixed(2)}; arrow keys move it`);
      const at = get("classes")[i] ? {x: x - r, y: y - r, width: 2 * r, height: 2 * r} : {cx: x, cy: y, r};
      for (const [key, value] of Object.entries(at)) shape.setAttribute(key, value);
    });
  };
  const paint = () => {
    back.innerHTML = get("picture");
    const drawn = back.querySelector("svg");
    if (drawn) for (const name of ["width", "height"]) front.setAttribute(name, drawn.getAttribute(name));
  };
  model.on("change:points", place);
  model.on("change:picture", paint);
  paint(); place();
  el.appendChild(board);
}
export default {render};
