# ruff: noqa
# Goes before every script that the tests run inside GIMP.
import json
import os
import time

import gi

gi.require_version("Gegl", "0.4")
gi.require_version("Babl", "0.1")
from gi.repository import Babl, Gegl, Gimp, Gio, GLib

OUT = ""


def give(value):
    """Hand a JSON value back to the test."""
    with open(OUT + ".part", "w") as file:
        json.dump(value, file)
    os.rename(OUT + ".part", OUT)


def load(path):
    return Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, Gio.File.new_for_path(path))


def call(name, image, drawables, mode=None, **values):
    """(status, message, further return values) of a procedure."""
    procedure = Gimp.get_pdb().lookup_procedure(name)
    config = procedure.create_config()
    config.set_property("image", image)
    config.set_core_object_array("drawables", drawables)
    if mode is not None:
        config.set_property("run-mode", mode)
    for key, value in values.items():
        config.set_property(key.replace("_", "-"), value)
    result = procedure.run(config)
    status = result.index(0).value_nick
    rest = [result.index(i) for i in range(1, result.length())]
    return [status, *rest]


def restore(image, *drawables, **values):
    return call("plug-in-upzeroir-restore", image, list(drawables or image.get_layers()), **values)


def dump(drawable, path, name=None):
    """The drawable's pixels as it stores them, or in another format, into a file."""
    rect = Gegl.Rectangle.new(0, 0, drawable.get_width(), drawable.get_height())
    name = name or Babl.get_name(drawable.get_format())
    with open(path, "wb") as file:
        file.write(bytes(drawable.get_buffer().get(rect, 1.0, name, Gegl.AbyssPolicy.NONE)))


def fill(drawable, rows, name=None):
    rect = Gegl.Rectangle.new(0, 0, drawable.get_width(), drawable.get_height())
    buffer = drawable.get_buffer()
    buffer.set(rect, name or Babl.get_name(drawable.get_format()), rows)
    buffer.flush()
    drawable.update(0, 0, drawable.get_width(), drawable.get_height())
