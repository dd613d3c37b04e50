"""All estimators in their order, fused into one Estimate."""

from __future__ import annotations

from upzeroir_plugin.estimate.blur import estimate_blur
from upzeroir_plugin.estimate.colour import estimate_colour
from upzeroir_plugin.estimate.fuse import fuse
from upzeroir_plugin.estimate.haze import estimate_haze
from upzeroir_plugin.estimate.jpeg import estimate_jpeg
from upzeroir_plugin.estimate.light import estimate_light, lifted
from upzeroir_plugin.estimate.noise import estimate_noise
from upzeroir_plugin.estimate.readings import Estimate
from upzeroir_plugin.estimate.view import small_view
from upzeroir_plugin.maps import Maps
from upzeroir_plugin.photo.image import Photo


def estimate(photo: Photo) -> Estimate:
    """θ, maps and evidence of a photo; evidence by group, plain JSON values.

    Light is undone before haze is looked for, as the inverse of the image-formation model has it.
    """
    jpeg = estimate_jpeg(photo)
    noise = estimate_noise(photo, jpeg)
    blur, place = estimate_blur(photo, noise, jpeg)
    view = small_view(photo.pixels)
    light = estimate_light(view)
    lit = fuse(light.readings)
    haze = estimate_haze(lifted(view, lit["light.ev"], lit["light.midtones"]))
    colour = estimate_colour(view)
    findings = {"haze": haze, "blur": blur, "light": light, "noise": noise, "colour": colour, "jpeg": jpeg}
    theta = fuse(reading for found in findings.values() for reading in found.readings)
    return Estimate(theta, Maps(blur=place), {group: found.evidence for group, found in findings.items()})
