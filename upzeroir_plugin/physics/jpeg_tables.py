"""JPEG's standard quantisation tables (ITU-T T.81), scaled as in the IJG's libjpeg. Standard library only."""

from __future__ import annotations

Table = tuple[tuple[int, ...], ...]

# T.81, tables K.1 and K.2, in rows.
LUMA: Table = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)
CHROMA: Table = (
    (17, 18, 24, 47, 99, 99, 99, 99),
    (18, 21, 26, 66, 99, 99, 99, 99),
    (24, 26, 56, 99, 99, 99, 99, 99),
    (47, 66, 99, 99, 99, 99, 99, 99),
    (99, 99, 99, 99, 99, 99, 99, 99),
    (99, 99, 99, 99, 99, 99, 99, 99),
    (99, 99, 99, 99, 99, 99, 99, 99),
    (99, 99, 99, 99, 99, 99, 99, 99),
)


def ijg_tables(quality: int) -> tuple[Table, Table]:
    """Quantisation tables for luma and chroma at IJG quality 1–100: two 8 × 8 tables, rows first.

    Raises ValueError for any other quality.
    """
    if not 1 <= quality <= 100:
        raise ValueError(f"JPEG quality {quality} is not in 1 to 100")
    scale = 5000 // quality if quality < 50 else 200 - 2 * quality

    def scaled(base: Table) -> Table:
        return tuple(tuple(min(max((step * scale + 50) // 100, 1), 255) for step in row) for row in base)

    return scaled(LUMA), scaled(CHROMA)
