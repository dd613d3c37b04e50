"""All estimators in their order, fused into one Estimate."""

from __future__ import annotations

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
    findings = {"jpeg": jpeg, "noise": noise}
    theta = fuse(reading for found in findings.values() for reading in found.readings)
    return Estimate(theta, Maps(), {group: found.evidence for group, found in findings.items()})
