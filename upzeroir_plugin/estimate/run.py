"""All estimators in their order, fused into one Estimate."""

from __future__ import annotations

from upzeroir_plugin.estimate.blur import estimate_blur
from upzeroir_plugin.estimate.fuse import fuse
from upzeroir_plugin.estimate.jpeg import estimate_jpeg
from upzeroir_plugin.estimate.noise import estimate_noise
from upzeroir_plugin.estimate.readings import Estimate
from upzeroir_plugin.maps import Maps
from upzeroir_plugin.photo.image import Photo


def estimate(photo: Photo) -> Estimate:
    """θ, maps and evidence of a photo; evidence by group, plain JSON values."""
    jpeg = estimate_jpeg(photo)
    noise = estimate_noise(photo, jpeg)
    blur, place = estimate_blur(photo, noise, jpeg)
    findings = {"jpeg": jpeg, "noise": noise, "blur": blur}
    theta = fuse(reading for found in findings.values() for reading in found.readings)
    return Estimate(theta, Maps(blur=place), {group: found.evidence for group, found in findings.items()})
