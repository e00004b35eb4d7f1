"""Every module of the library can be imported; the RAM that takes is printed."""

import gc
import os


def used():
    gc.collect()
    return gc.mem_alloc()


empty = used()
import atmqtt  # noqa: E402 - measured

classes = atmqtt.Modem, atmqtt.MQTTClient  # loaded when first named
usual = used() - empty

folder = atmqtt.__file__.rpartition("/")[0]
names = []
for path, package in ((folder, "atmqtt."), (folder + "/dialects", "atmqtt.dialects.")):
    for file in sorted(os.listdir(path)):
        name, dot, _ = file.partition(".")
        if dot and name != "__init__":
            __import__(package + name)
            names.append(package + name)

assert "atmqtt.ring" in names and "atmqtt.dialects.esp_at" in names, names
print(
    "Modem and MQTTClient %d B of RAM, all %d modules %d B, %d B are free"
    % (usual, len(names), used() - empty, gc.mem_free())
)
print("passed")
