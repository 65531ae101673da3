// The order of boxes within their layers, so that few arrows cross, and their places, so that arrows are short.

function orderRanks(ranks, level) {
  for (const rank of ranks) rank.sort((a, b) => a.time - b.time), rank.forEach((n, i) => (n.place = i));
  let best = null, least = Infinity;
  for (let sweep = 0; sweep < 10 && least > 0; sweep++) {
    if (sweep) for (const rank of sweep % 2 ? ranks : [...ranks].reverse()) {
      const side = sweep % 2 ? "left" : "right";
      for (const n of rank) n.wish = n[side].length ? mean(n[side].map(([m, shift]) => m.place + shift / 1000)) : n.place;
      rank.sort((a, b) => a.wish - b.wish).forEach((n, i) => (n.place = i));
    }
    const crossings = countCrossings(ranks, level);
    if (crossings < least) least = crossings, best = ranks.map((rank) => [...rank]);
  }
  ranks.forEach((rank, i) => { rank.splice(0, rank.length, ...best[i]); rank.forEach((n, k) => (n.place = k)); });
}

const mean = (numbers) => numbers.reduce((a, b) => a + b, 0) / numbers.length;

function countCrossings(ranks, level) {
  const byRank = ranks.map(() => []);
  for (const pair of level.pairs) if (pair.b.rank === pair.a.rank + 1) byRank[pair.a.rank].push(pair);
  let crossings = 0;
  for (const pairs of byRank) {
    if (pairs.length > 150) continue;
    for (const p of pairs) for (const q of pairs)
      if (p.a.place < q.a.place && p.b.place > q.b.place) crossings++;
  }
  return crossings;
}

// Let each box come as close as it can to the boxes that it is joined with: in turn by layers, back and forth.
function placeAcross(ranks) {
  for (const rank of ranks) {
    let at = 0;
    for (const n of rank) n.at = at + n.across / 2, at += n.across + BETWEEN;
    for (const n of rank) n.at -= (at - BETWEEN) / 2;
  }
  const many = ranks.length > 300 ? 4 : 12;
  for (let sweep = 0; sweep < many; sweep++) {
    const sides = sweep >= many - 2 ? ["left", "right"] : [sweep % 2 ? "right" : "left"];
    for (const rank of sweep % 2 ? [...ranks].reverse() : ranks) {
      for (const n of rank) {
        const near = sides.flatMap((side) => n[side]), weight = near.reduce((sum, [, , w]) => sum + w, 0);
        n.wish = weight ? near.reduce((sum, [m, shift, w]) => sum + w * (m.at + shift), 0) / weight : n.at;
        n.weight = weight || 0.1;
      }
      spread(rank);
    }
  }
}

// Place boxes of one layer as near to their wishes as their order and sizes allow: least squares, by merging blocks of
// boxes that touch.
function spread(rank) {
  let offset = 0;
  const blocks = [];
  rank.forEach((n, i) => {
    if (i) offset += (rank[i - 1].across + n.across) / 2 + BETWEEN * (n.bend && rank[i - 1].bend ? 0.5 : 1);
    let block = { at: n.wish - offset, weight: n.weight, members: [[n, offset]] };
    while (blocks.length && blocks.at(-1).at > block.at) {
      const { at, weight, members } = blocks.pop(), sum = weight + block.weight;
      block = { at: (at * weight + block.at * block.weight) / sum, weight: sum, members: [...members, ...block.members] };
    }
    blocks.push(block);
  });
  for (const { at, members } of blocks) for (const [n, shift] of members) n.at = at + shift;
}

// Return the path of a link: level where it passes a layer, and curved between two.
function pathOf(link, level, point) {
  const { nodes, columns } = level;
  let text = "", x, y;
  link.chain.forEach((key, i) => {
    const n = nodes.get(key), [left, right] = columns[n.rank], last = i === link.chain.length - 1;
    const at = n.at + portOf(n, link, last ? "entry" : "exit");
    if (i === 0) {
      text = `M${point(n.middle + n.along / 2, at)}L${point(right, at)}`;
    } else {
      const bow = (left - x) / 2;
      text += `C${point(x + bow, y)} ${point(left - bow, at)} ${point(left, at)}L${point(last ? n.middle - n.along / 2 : right, at)}`;
    }
    x = right, y = at;
  });
  return text;
}
