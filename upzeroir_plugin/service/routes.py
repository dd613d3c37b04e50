"""The table of routes: the app, docs/api.md and the tests are made from it."""

from __future__ import annotations

from dataclasses import dataclass

JSON = "application/json"
FRAME = "application/x-upzeroir-frame"
EVENTS = "application/x-upzeroir-events"


@dataclass(frozen=True, slots=True)
class Route:
    """One row. `name`: the handler; `takes`: kind of the request's body; `query`: names allowed after the `?`."""

    method: str
    path: str
    name: str
    does: str
    takes: str = ""
    gives: str = JSON
    query: tuple[str, ...] = ()


ROUTES = (
    Route("GET", "/v1/hello", "hello",
          "Versions, engine, memory, limits, the parameters' schema. Warms the engine up unless `quiet=1`.",
          query=("quiet",)),
    Route("POST", "/v1/photos", "add_photo", "Upload an image file or a raw frame; the photo's description.",
          takes=f"an image file (`image/*`, `application/octet-stream`) or a frame (`{FRAME}`)"),
    Route("GET", "/v1/photos/{id}", "photo", "The description again."),
    Route("GET", "/v1/photos/{id}/frame", "photo_frame", "The photo's pixels, upright, in the precision sent.",
          gives=FRAME),
    Route("DELETE", "/v1/photos/{id}", "delete_photo",
          "Forget the photo and results that nobody waits for; running jobs on it are cancelled."),
    Route("POST", "/v1/photos/{id}/estimate", "estimate",
          "What is wrong with the photo, or with a rectangle of it (\"measure noise here\").", takes=JSON),
    Route("POST", "/v1/jobs", "add_job", "Order a restoration; its id and place in the queue.", takes=JSON),
    Route("GET", "/v1/jobs/{id}", "job", "State, place in the queue, last event; when done, what the result is."),
    Route("GET", "/v1/jobs/{id}/events", "events",
          "The job's events as they come. `Accept: application/x-ndjson` gives lines of JSON without pictures.",
          gives=EVENTS, query=("after",)),
    Route("GET", "/v1/jobs/{id}/preview", "preview", "The newest preview.", gives="image/jpeg"),
    Route("POST", "/v1/jobs/{id}/cancel", "cancel", "Drop the job."),
    Route("POST", "/v1/jobs/{id}/keep", "keep", "End the job with the present picture."),
    Route("GET", "/v1/jobs/{id}/result", "result",
          "The restored picture: `format` same (default) | frame | png | tiff | jpeg | webp; for a frame `dtype` same |"
          " uint8 | uint16 | float32; for a file `metadata` keep | no-gps | strip, `depth` same | 8 | 16 (PNG, TIFF),"
          " `quality` 1–100 (JPEG, 95).",
          gives="the picture", query=("format", "dtype", "metadata", "depth", "quality")),
    Route("GET", "/v1/jobs/{id}/maps/{kind}", "map", "An honesty map: residual | change | invented.",
          gives="image/png"),
    Route("DELETE", "/v1/jobs/{id}", "delete_job", "Forget the job and its result; a running one is cancelled."),
    Route("POST", "/v1/deliver", "deliver", "Hand a finished job's result to whoever waits under a name.", takes=JSON),
    Route("GET", "/v1/deliveries", "deliveries_for", "Take what was delivered to `to`, waiting up to `wait` s (≤ 30).",
          query=("to", "wait")),
    Route("GET", "/v1/log", "log", "The last `lines` lines of the log, without tokens and home paths.",
          gives="text/plain", query=("lines",)),
    Route("POST", "/v1/memory/free", "free_memory", "Unload the model and drop kept pictures; what is held now."),
    Route("POST", "/v1/quit", "quit", "End the service; running jobs are cancelled."),
)  # fmt: skip


def table() -> str:
    """The rows as a Markdown table, for docs/api.md."""
    lines = ["| request | takes | gives | does |", "|---|---|---|---|"]
    for row in ROUTES:
        query = "?" + "&".join(f"{name}=" for name in row.query) if row.query else ""
        lines.append(
            f"| `{row.method} {row.path}{query}` | {row.takes} | {row.gives} | {row.does} |".replace(
                " |  |", " | |"
            )
        )
    return "\n".join(lines)
