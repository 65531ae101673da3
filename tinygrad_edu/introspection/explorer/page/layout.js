// Where boxes and arrows lie: in layers, from arguments to results. What is in an open module is laid out first, by
// itself, and is then one large box of what is around it; arrows go through ports in its border.
//
// "Along" is the direction of the layers, "across" the other one; a page that goes down is this one with x and y swapped.

const BETWEEN = 14, APART = 30, PADDING = 12, HEAD = 22; // between boxes, between layers, within a frame, for its title

// Return the places of items and frames, the paths of arrows, and the size of it all. An item has a key, a size, and the
// frame `home` that it is in, or -1; a frame has a key, the frame `outer` that it is in, and the `room` that its title takes.
function layOut(items, frames, arrows, way) {
  const turned = way === "TB", size = (item) => (turned ? [item.height, item.width] : [item.width, item.height]);
  const homes = new Map([...items.map((i) => [i.key, i.home]), ...frames.map((f) => [f.key, f.outer])]);
  const segments = arrows.map(() => []);

  const rooms = new Map(frames.map((f) => [f.key, f.room ?? 0]));

  function arrange(frame, depth) {
    const nodes = new Map(), around = frame === -1 ? 0 : PADDING;
    for (const item of items) if (item.home === frame) nodes.set(item.key, node(...size(item), item.time));
    for (const inner of frames) {
      if (inner.outer !== frame) continue;
      const level = arrange(inner.key, depth + 1);
      nodes.set(inner.key, { ...node(level.along, level.across, inner.time), level });
    }
    const within = (key) => { while (key !== undefined && homes.get(key) !== frame) key = homes.get(key) ?? undefined; return key; };
    const links = new Map(), entry = new Map(), exit = new Map();
    arrows.forEach(([tail, head], n) => {
      let a = within(tail), b = within(head);
      if (a === b) return; // elsewhere, or in an inner frame
      const outside = (ports, name) => {
        if (!ports.has(tail)) ports.set(tail, `${name}${tail}`), nodes.set(`${name}${tail}`, node(0, 0, 0, name));
        return ports.get(tail);
      };
      const order = a === undefined ? depth : b === undefined ? -depth : 0;
      a ??= outside(entry, "<"), b ??= outside(exit, ">");
      const key = `${a} ${b} ${tail}`;
      if (!links.has(key)) links.set(key, { a, b, tail, order, arrows: [] });
      links.get(key).arrows.push(n);
    });
    const level = { frame, nodes, links: [...links.values()], entry, exit, around };
    placeLayers(level, turned);
    widen(level, (rooms.get(frame) ?? 0) - (turned ? level.across : level.along), turned);
    return level;
  }

  const node = (along, across, time, port = "") => ({ along, across, time, port, rank: 0, at: 0, before: [], after: [] });
  const root = arrange(-1, 0), places = new Map(), borders = new Map();
  const point = (x, y) => (turned ? [y, x] : [x, y]);

  function settle(level, x, y) {
    for (const [key, n] of level.nodes) {
      if (n.port || n.bend) continue;
      const [px, py] = point(x + n.middle, y + n.at), [width, height] = point(n.along, n.across);
      (n.level ? borders : places).set(key, { x: px, y: py, width, height });
      if (n.level) settle(n.level, x + n.middle - n.along / 2, y + n.at - n.across / 2);
    }
    for (const link of level.links) {
      const text = pathOf(link, level, (px, py) => point(x + px, y + py).map((v) => v.toFixed(1)).join(" "));
      for (const n of link.arrows) segments[n].push([link.order, text]);
    }
  }

  settle(root, 0, 0);
  const paths = segments.map((s) => s.sort((a, b) => a[0] - b[0]).map(([, text], i) => (i ? text.replace("M", "L") : text)).join(""));
  return { size: point(root.along, root.across), places, borders, paths };
}

// Give each node of a level its layer, its order within, and its place.
function placeLayers(level, turned) {
  const { nodes, links } = level, ordered = [...nodes.values()].sort((a, b) => a.time - b.time);
  for (const link of links) nodes.get(link.a).after.push(link), nodes.get(link.b).before.push(link);
  const first = level.entry.size ? 1 : 0;
  for (const n of ordered) if (n.port !== "<") n.rank = Math.max(first, ...n.before.map((l) => nodes.get(l.a).rank + 1));
  for (const n of ordered) { // what is given comes just before it is used
    const next = n.after.filter((l) => nodes.get(l.b).port !== ">").map((l) => nodes.get(l.b).rank);
    if (!n.before.length && !n.port && next.length) n.rank = Math.max(first, Math.min(...next) - 1);
  }
  const end = Math.max(0, ...ordered.filter((n) => !n.port).map((n) => n.rank)) + 1;
  for (const n of ordered) if (n.port === ">") n.rank = end;
  bendLinks(level);
  const ranks = Array.from({ length: end + (level.exit.size ? 1 : 0) }, () => []);
  for (const n of nodes.values()) ranks[n.rank].push(n);
  orderRanks(ranks, level);
  placeAcross(ranks, level);
  let along = first ? 0 : level.around + (turned && level.frame !== -1 ? HEAD - PADDING : 0);
  level.columns = ranks.map((rank, i) => {
    const wide = Math.max(0, ...rank.map((n) => n.along)), port = rank.every((n) => n.port);
    const left = port && i ? along - APART + PADDING : along;
    along = left + wide + (port ? PADDING + (turned ? HEAD - PADDING : 6) : APART);
    for (const n of rank) n.middle = left + wide / 2;
    return [left, left + wide];
  });
  level.along = level.exit.size ? level.columns.at(-1)[0] : along - APART + level.around;
  const low = Math.min(...ordered.map((n) => n.at - n.across / 2), ...level.bends.map((n) => n.at));
  const high = Math.max(...ordered.map((n) => n.at + n.across / 2), ...level.bends.map((n) => n.at));
  const top = level.around + (!turned && level.frame !== -1 ? HEAD - PADDING : 0);
  for (const n of nodes.values()) n.at += top - low;
  level.across = high - low + top + level.around;
}

// Make room for the title of a frame that is too narrow for it; what comes in stays at the border, and so does what goes out.
function widen(level, extra, turned) {
  if (extra <= 0) return;
  level[turned ? "across" : "along"] += extra;
  for (const n of level.nodes.values())
    if (turned) n.at += extra / 2;
    else n.middle += n.port === "<" ? 0 : n.port === ">" ? extra : extra / 2;
  if (!turned) level.columns = level.columns.map((column, i) => {
    const shift = i === 0 && level.entry.size ? 0 : i === level.columns.length - 1 && level.exit.size ? extra : extra / 2;
    return column.map((end) => end + shift);
  });
}

// Put a bend into each layer that a link crosses, so that it finds its way between the boxes there.
function bendLinks(level) {
  const { nodes, links } = level, lengths = links.map((l) => nodes.get(l.b).rank - nodes.get(l.a).rank - 1);
  const longest = lengths.reduce((a, b) => a + b, 0) > 6000 ? 3 : Infinity; // in huge graphs long arrows go straight
  level.bends = [];
  level.pairs = links.flatMap((link, i) => {
    link.chain = [link.a];
    for (let k = 1; k <= lengths[i] && lengths[i] <= longest; k++) {
      const key = `~${i} ${k}`, bend = { bend: true, along: 0, across: 0, rank: nodes.get(link.a).rank + k, time: nodes.get(link.b).time, at: 0 };
      nodes.set(key, bend);
      level.bends.push(bend);
      link.chain.push(key);
    }
    link.chain.push(link.b);
    return link.chain.slice(1).map((key, k) => ({ a: nodes.get(link.chain[k]), b: nodes.get(key), link,
      from: portOf(nodes.get(link.chain[k]), link, "exit"), to: portOf(nodes.get(key), link, "entry") }));
  });
  for (const n of nodes.values()) n.left = [], n.right = [];
  for (const pair of level.pairs) {
    const weight = pair.a.bend && pair.b.bend ? 6 : pair.a.bend || pair.b.bend ? 2 : 1;
    pair.a.right.push([pair.b, pair.to - pair.from, weight]);
    pair.b.left.push([pair.a, pair.from - pair.to, weight]);
  }
}

// Return how far from a node's middle a link begins or ends, since an open frame has ports.
function portOf(n, link, side) {
  const key = n.level?.[side].get(link.tail);
  return key === undefined ? 0 : n.level.nodes.get(key).at - n.level.across / 2;
}
