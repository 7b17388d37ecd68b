"""Where each node stands on the canvas: where it was put, else in columns by how far it is from the start. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.flows.drawing import Drawing, Node

WIDTH, HEIGHT = 190, 64  # of a node, in pixels of the drawing
GAP_X, GAP_Y, EDGE = 70, 26, 20


@dataclass(frozen=True, slots=True)
class Box:
    """A node with its place."""

    node: Node
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Line:
    """A way from one node to another, as the path of a curve."""

    source: str
    target: str
    way: str
    path: str


@dataclass(frozen=True, slots=True)
class Canvas:
    """The whole drawing, ready to be drawn."""

    boxes: Sequence[Box]
    lines: Sequence[Line]
    width: int
    height: int


def order_of(drawing: Drawing) -> list[tuple[int, Node]]:
    """(depth, node) in the order somebody comes to them; what nobody comes to stands at the end with depth 0."""
    found: list[tuple[int, Node]] = []
    seen: set[str] = set()

    def walk(name: str, depth: int) -> None:
        stack = [(name, depth)]
        while stack:
            here, deep = stack.pop()
            if here in seen or here not in drawing.nodes:
                continue
            seen.add(here)
            node = drawing.nodes[here]
            found.append((deep, node))
            ways = [(target, deep + (1 if len(list(node.exits())) > 1 else 0)) for _, target in node.exits()]
            stack.extend(reversed(ways))

    walk(drawing.start, 0)
    for name in drawing.nodes:
        walk(name, 0)
    return found


def canvas_of(drawing: Drawing) -> Canvas:
    """Boxes and lines."""
    columns = _columns(drawing)
    rows: dict[int, int] = {}
    boxes: dict[str, Box] = {}
    for _, node in order_of(drawing):
        column = columns[node.id]
        row = rows.get(column, 0)
        rows[column] = row + 1
        x = node.x if node.x is not None else EDGE + column * (WIDTH + GAP_X)
        y = node.y if node.y is not None else EDGE + row * (HEIGHT + GAP_Y)
        boxes[node.id] = Box(node, max(0, x), max(0, y))
    lines = [Line(box.node.id, target, way, _curve(box, boxes[target]))
             for box in boxes.values() for way, target in box.node.exits() if target in boxes]
    width = max((box.x for box in boxes.values()), default=0) + WIDTH + EDGE
    height = max((box.y for box in boxes.values()), default=0) + HEIGHT + EDGE
    return Canvas(list(boxes.values()), lines, width, height)


def _columns(drawing: Drawing) -> dict[str, int]:
    """How many steps each node is from the start, by the shortest way."""
    columns = {name: 0 for name in drawing.nodes}
    seen, layer, depth = {drawing.start}, [drawing.start], 0
    while layer:
        following = []
        for name in layer:
            if name not in drawing.nodes:
                continue
            columns[name] = depth
            for _, target in drawing.nodes[name].exits():
                if target not in seen:
                    seen.add(target)
                    following.append(target)
        layer, depth = following, depth + 1
    return columns


def _curve(source: Box, target: Box) -> str:
    """From the right edge of one to the left edge of the other; backwards it goes below both."""
    x1, y1, x2, y2 = source.x + WIDTH, source.y + HEIGHT // 2, target.x, target.y + HEIGHT // 2
    if x2 > x1:
        bend = max(24, (x2 - x1) // 2)
        return f"M{x1} {y1} C{x1 + bend} {y1} {x2 - bend} {y2} {x2} {y2}"
    low = max(source.y, target.y) + HEIGHT + GAP_Y // 2
    return f"M{x1} {y1} C{x1 + 40} {y1} {x1 + 40} {low} {(x1 + x2) // 2} {low} S{x2 - 40} {y2} {x2} {y2}"
