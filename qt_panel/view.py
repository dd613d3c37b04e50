"""Where the photo lies on the screen: one class for both directions, in device pixels (so 1:1 is exact on HiDPI)."""

from __future__ import annotations

from dataclasses import dataclass, replace

Point = tuple[float, float]
Rect = tuple[int, int, int, int]
MOST = 32.0
LEAST = 0.01


@dataclass(frozen=True, slots=True)
class View:
    """`photo` and `port`: (width, height) of the photo and of the viewport; `centre`: photo px in its middle.

    `zoom`: device px per photo px.
    """

    photo: tuple[int, int]
    port: tuple[int, int]
    zoom: float = 1.0
    centre: Point = (0.0, 0.0)

    @staticmethod
    def fitted(photo: tuple[int, int], port: tuple[int, int], margin: int = 0) -> View:
        """All of the photo, as large as it fits, but never above 1:1 for a photo that is smaller than the port."""
        width, height = max(1, port[0] - 2 * margin), max(1, port[1] - 2 * margin)
        zoom = min(width / max(1, photo[0]), height / max(1, photo[1]), 1.0)
        return View(photo, port, max(zoom, LEAST), (photo[0] / 2, photo[1] / 2))

    def to_screen(self, x: float, y: float) -> Point:
        """Photo px to viewport px."""
        return (
            (x - self.centre[0]) * self.zoom + self.port[0] / 2,
            (y - self.centre[1]) * self.zoom + self.port[1] / 2,
        )

    def to_photo(self, x: float, y: float) -> Point:
        """Viewport px to photo px; the inverse of `to_screen`."""
        return (
            (x - self.port[0] / 2) / self.zoom + self.centre[0],
            (y - self.port[1] / 2) / self.zoom + self.centre[1],
        )

    def zoomed(self, zoom: float, at: Point) -> View:
        """With another zoom; the photo's point under `at` (viewport px) stays there."""
        zoom = min(MOST, max(LEAST, zoom))
        x, y = self.to_photo(*at)
        centre = (x - (at[0] - self.port[0] / 2) / zoom, y - (at[1] - self.port[1] / 2) / zoom)
        return replace(self, zoom=zoom, centre=centre).held()

    def moved(self, dx: float, dy: float) -> View:
        """The photo dragged by viewport px."""
        x, y = self.centre
        return replace(self, centre=(x - dx / self.zoom, y - dy / self.zoom)).held()

    def at(self, x: float, y: float) -> View:
        """With the photo's point (x, y) in the middle."""
        return replace(self, centre=(x, y)).held()

    def resized(self, port: tuple[int, int]) -> View:
        """In another viewport, about the same middle."""
        return replace(self, port=port).held()

    def held(self) -> View:
        """With the photo kept in view: an axis that fits is centred, on the other no edge leaves the port."""
        found = []
        for side, port, centre in zip(self.photo, self.port, self.centre, strict=True):
            half = port / 2 / self.zoom
            found.append(side / 2 if side <= 2 * half else min(max(centre, half), side - half))
        return replace(self, centre=(found[0], found[1]))

    def visible(self) -> Rect:
        """The rectangle (x, y, w, h) of whole photo px that can be seen; at least one px."""
        left, top = self.to_photo(0, 0)
        right, bottom = self.to_photo(*self.port)
        x0, y0 = max(0, int(left)), max(0, int(top))
        x1, y1 = min(self.photo[0], int(right) + 1), min(self.photo[1], int(bottom) + 1)
        return x0, y0, max(1, x1 - x0), max(1, y1 - y0)
