"""Only what pyproject.toml cannot say: gimp/upzeroir/ is shipped as upzeroir_plugin/gimp/, and never imported there."""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages(include=["upzeroir_plugin*", "qt_panel*"]), "upzeroir_plugin.gimp"],
    package_dir={"upzeroir_plugin.gimp": "gimp/upzeroir"},
)
